import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/kube/client.ts';
import type { KubeObject, ObjectRef } from '../../src/kube/object.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, SECRETS } from '../../src/kube/well-known.ts';
import { lockHolderOf } from '../../src/lock/holder.ts';
import { GATES, hold, makeGate, type Held } from '../janus/holding.ts';
import { eventually } from '../janus/objects.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import { find, makeConfigMap, makeNamespace, transact } from '../janus/transacting.ts';
import { defineWidgets } from '../janus/widgets.ts';
import { expectLocked, refusalOf } from './refusals.ts';

const SYSTEM = 'janus-system';
const CRD: ObjectRef = { kind: CUSTOM_RESOURCE_DEFINITIONS, name: `${GATES.resource}.${GATES.group}` };
const OTHER_CRD: ObjectRef = { kind: CUSTOM_RESOURCE_DEFINITIONS, name: 'widgets.janus.example.com' };

let cluster: Cluster;
let operator: Operator;
/** Where the transaction lives, and nothing else. */
let home: string;
/** Where its objects are. */
let shop: string;
let held: Held;

beforeAll(async () => {
  cluster = await bootCluster();
  operator = await cluster.start();
  [home, shop] = [await makeNamespace(cluster.admin), await makeNamespace(cluster.admin)];
  await makeConfigMap(cluster.admin, shop, 'settings', { a: '1' });
  await defineWidgets(cluster.admin);
  const changes = [{ type: 'Patch', name: 'settings', namespace: shop, content: { data: { a: '2' } } }] as const;
  held = await hold(cluster.admin, home, changes);
});
afterAll(() => cluster?.stop());

const namespaceRef = (name: string): ObjectRef => ({ kind: NAMESPACES, name });
const secretRef = (name: string): ObjectRef => ({ kind: SECRETS, namespace: SYSTEM, name });
const secret = (name: string, parts: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: SYSTEM },
  ...parts,
});

/** A namespace with nothing in it of any transaction. */
async function emptyNamespace(): Promise<ObjectRef> {
  return namespaceRef(await makeNamespace(cluster.admin, 'unrelated'));
}

async function gone(ref: ObjectRef): Promise<void> {
  await eventually(`${ref.kind.kind} ${ref.name} is gone`, async () => (await find(cluster.admin, ref)) === undefined);
}

interface Version {
  name: string;
  served: boolean;
  storage: boolean;
  schema: { openAPIV3Schema: { properties: Record<string, unknown> } };
  subresources?: unknown;
  additionalPrinterColumns?: unknown;
}

type Respecify = (spec: { versions: Version[] }) => void;

/** The spec of a definition, changed. */
async function respecified(ref: ObjectRef, change: Respecify): Promise<KubeObject> {
  const definition = structuredClone(await cluster.admin.get(ref));
  change(definition['spec'] as Parameters<Respecify>[0]);
  return definition;
}

describe('while a transaction is open', () => {
  const senders: readonly (readonly [string, () => Identity | undefined])[] = [
    ['cluster-admin', () => undefined],
    ['the ServiceAccount of the transaction itself, without a grant', () => ({ user: `system:serviceaccount:${home}:deployer` })],
    ['the namespace controller', () => ({ user: 'system:serviceaccount:kube-system:namespace-controller', groups: ['system:masters'] })],
  ];
  for (const [who, identity] of senders) {
    test(`no namespace that it needs can be deleted by ${who}, not even as a dry run`, async () => {
      const as = identity();
      for (const name of [shop, home, SYSTEM])
        for (const dryRun of [true, false])
          await expectLocked(cluster.admin.delete(namespaceRef(name), { dryRun, ...(as === undefined ? {} : { as }) }));
    });
  }

  test('the refusal says what of whom is in the namespace, and what to do', async () => {
    const transaction = `${home}/${held.transaction.metadata.name ?? ''}`;
    const refusal = await expectLocked(cluster.admin.delete(namespaceRef(shop)));
    expect(refusal.message).toContain(
      `Namespace ${shop} can't be deleted: ConfigMap ${shop}/settings in it is locked by transaction ${transaction} (change `,
    );
    expect(refusal.message).toContain('Wait with "kubectl wait');
    expect(lockHolderOf(refusal.status)?.transaction).toBe(held.transaction.metadata.uid);
    expect((await expectLocked(cluster.admin.delete(namespaceRef(SYSTEM)))).message).toContain(
      `Namespace ${SYSTEM} can't be deleted: it keeps the records of open transactions, so it is locked by transaction ${transaction}`,
    );
  });

  test('no namespace that it needs loses the finalizer that keeps it, whoever finalizes it', async () => {
    const { admin } = cluster;
    for (const name of [shop, home, SYSTEM]) {
      const namespace = await admin.get(namespaceRef(name));
      await expectLocked(admin.update(namespaceRef(name), { ...namespace, spec: { finalizers: [] } }, { subresource: 'finalize' }));
      expect(await admin.get(namespaceRef(name))).toEqual(namespace);
    }
  });

  test('namespaces/status neither begins nor ends a removal, and goes on taking what it may', async () => {
    const { admin } = cluster;
    const status = { subresource: 'status' };
    await refusalOf(admin.patch(namespaceRef(shop), { type: 'merge', patch: { status: { phase: 'Terminating' } } }, status));
    const patch = { metadata: { labels: { team: 'a' } }, spec: { finalizers: [] } };
    const { object } = await admin.patch(namespaceRef(shop), { type: 'merge', patch }, status);
    expect([object.metadata.labels?.['team'], object['spec'], object['status']]).toEqual([
      'a',
      { finalizers: ['kubernetes'] },
      { phase: 'Active' },
    ]);
  });

  test('a namespace that it does not need is deleted, finalized and gone', async () => {
    const { admin } = cluster;
    const unrelated = await emptyNamespace();
    await makeConfigMap(admin, unrelated.name, 'settings', { a: '1' });
    await admin.delete(unrelated);
    await gone(unrelated);
    const finalized = await emptyNamespace();
    const namespace = await admin.get(finalized);
    await admin.update(finalized, { ...namespace, spec: { finalizers: [] } }, { subresource: 'finalize' });
    // Without a finalizer the first begins, and the second ends it.
    await admin.delete(finalized);
    await admin.delete(finalized);
    await gone(finalized);
  });

  test('the definition of a custom resource that it holds can neither be deleted nor lose what its objects need', async () => {
    const { admin } = cluster;
    const refusal = await expectLocked(admin.delete(CRD));
    expect(refusal.message).toContain(
      `CustomResourceDefinition ${CRD.name} can't be deleted: Gate ${home}/${held.gate.name} is locked by transaction ${home}/`,
    );
    const second: Respecify = ({ versions }) => void versions.push({ ...versions[0]!, name: 'v2', storage: false });
    await admin.update(CRD, await respecified(CRD, second));
    const changes: readonly (readonly [string, Respecify])[] = [
      ["can't stop serving v1", (spec) => void (spec.versions[0]!.served = false)],
      [
        "can't store another version",
        (spec) => {
          spec.versions[0]!.storage = false;
          spec.versions[1]!.storage = true;
        },
      ],
      [
        "can't change the schema or the subresources of v1",
        (spec) => void (spec.versions[0]!.schema.openAPIV3Schema.properties.note = { type: 'string' }),
      ],
      ["can't change the schema or the subresources of v1", (spec) => void delete spec.versions[0]!.subresources],
    ];
    for (const [words, change] of changes) {
      expect((await expectLocked(admin.update(CRD, await respecified(CRD, change)))).message).toContain(words);
    }
    // Nobody of the transaction uses these.
    const harmless: Respecify = (spec) => {
      spec.versions[0]!.additionalPrinterColumns = [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }];
      spec.versions.pop();
    };
    await admin.update(CRD, await respecified(CRD, harmless));
    await admin.patch(CRD, { type: 'merge', patch: { metadata: { annotations: { note: 'x' } } } });
    for (const own of ['transactions.tx.janus.io', 'resourcechanges.tx.janus.io'])
      await expectLocked(admin.delete({ kind: CUSTOM_RESOURCE_DEFINITIONS, name: own }));
  });

  test('the definition of any other custom resource can be changed and deleted', async () => {
    const { admin } = cluster;
    const note: Respecify = ({ versions }) => void (versions[0]!.schema.openAPIV3Schema.properties.note = { type: 'string' });
    await admin.update(OTHER_CRD, await respecified(OTHER_CRD, note));
    await admin.delete(OTHER_CRD);
    await gone(OTHER_CRD);
  });

  test('what Janus keeps of it is written by nobody else', async () => {
    const { admin } = cluster;
    const record = secretRef(`tx-${held.transaction.metadata.uid ?? ''}`);
    const kept = await admin.get(record);
    const forged = `tx-${randomUUID()}`;
    const labels = { 'tx.janus.io/record-of': randomUUID() };
    const writes = [
      () => admin.update(record, kept),
      () => admin.patch(record, { type: 'merge', patch: { data: { payload: '' } } }),
      () => admin.patch(record, { type: 'merge', patch: { metadata: { labels: { 'tx.janus.io/open': null } } } }),
      () => admin.delete(record),
      () => admin.raw('DELETE', `/api/v1/namespaces/${SYSTEM}/secrets?labelSelector=tx.janus.io%2Fopen`),
      () => admin.create(secretRef(forged), secret(forged)),
      () => admin.create(secretRef('any'), secret('any', { type: 'tx.janus.io/record' })),
      () => admin.create(secretRef('any'), { ...secret('any'), metadata: { name: 'any', namespace: SYSTEM, labels } }),
      () => admin.patch(secretRef('janus-grant-keys'), { type: 'merge', patch: { data: { ring: '' } } }),
    ];
    for (const write of writes) {
      const refusal = await refusalOf(write());
      expect([refusal.code, refusal.message]).toEqual([403, expect.stringContaining('is kept by Janus alone')]);
    }
    expect(await admin.get(record)).toEqual(kept);
  });

  test('everything else in the namespace of Janus, and Secrets of that name elsewhere, are written as ever', async () => {
    const { admin } = cluster;
    await admin.create(secretRef('certificate'), secret('certificate', { data: { key: 'eA==' } }));
    await admin.patch(secretRef('certificate'), { type: 'merge', patch: { data: { key: 'eQ==' } } });
    await admin.delete(secretRef('certificate'));
    const name = `tx-${randomUUID()}`;
    await admin.create({ kind: SECRETS, namespace: shop, name }, { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: shop } });
    await admin.delete({ kind: SECRETS, namespace: shop, name });
  });
});

describe('a transaction itself', () => {
  test('deletes the namespace whose objects it has changed', async () => {
    const { admin } = cluster;
    const doomed = await emptyNamespace();
    await makeConfigMap(admin, doomed.name, 'last', { a: '1' });
    const done = await transact(admin, home, [
      { type: 'Patch', name: 'last', namespace: doomed.name, content: { data: { a: '2' } }, order: 0 },
      { type: 'Delete', kind: 'Namespace', name: doomed.name, order: 1 },
    ]);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    await gone(doomed);
  });

  test('takes back the namespace that it has created, with what it has put there', async () => {
    const { admin } = cluster;
    const name = `made-${randomUUID().slice(0, 8)}`;
    const done = await transact(admin, home, [
      { type: 'Create', kind: 'Namespace', name, content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, order: 0 },
      { type: 'Create', name: 'first', namespace: name, content: { data: { a: '1' } }, order: 1 },
      { type: 'Create', kind: 'Pod', name: 'impossible', namespace: name, content: { spec: { containers: [] } }, order: 2 },
    ]);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('RolledBack');
    await gone(namespaceRef(name));
  });

  test('is told before anything is touched that it would delete what another one holds', async () => {
    const done = await transact(cluster.admin, home, [{ type: 'Delete', kind: 'Namespace', name: shop }]);
    expect(done.status?.phase).not.toBe('Committed');
    expect(JSON.stringify(done.status)).toContain(`ConfigMap ${shop}/settings in it is locked by transaction`);
    expect((await cluster.admin.get(namespaceRef(shop))).metadata.labels).not.toHaveProperty('tx.janus.io/lock');
  });
});

describe('while Janus is down', () => {
  beforeAll(() => operator.crash());
  afterAll(async () => {
    operator = await cluster.start();
  });

  test('namespaces are made and changed, and end if their end was begun', async () => {
    const { admin } = cluster;
    const unrelated = await emptyNamespace();
    await admin.patch(unrelated, { type: 'merge', patch: { metadata: { labels: { team: 'a' }, finalizers: ['example.com/mine'] } } });
    await admin.patch(unrelated, { type: 'merge', patch: { metadata: { finalizers: null } } });
    await admin.patch(unrelated, { type: 'merge', patch: { metadata: { annotations: { a: 'b' } } } }, { subresource: 'status' });
    const refusal = await refusalOf(admin.delete(unrelated));
    expect(refusal.message).toContain('failed calling webhook "namespaces.tx.janus.io"');
  });

  test('definitions are made, changed and brought up to date, but not deleted', async () => {
    const { admin } = cluster;
    await defineWidgets(admin);
    const note: Respecify = ({ versions }) => void (versions[0]!.schema.openAPIV3Schema.properties.note = { type: 'string' });
    await admin.update(OTHER_CRD, await respecified(OTHER_CRD, note));
    expect((await refusalOf(admin.delete(OTHER_CRD))).message).toContain('failed calling webhook "definitions.tx.janus.io"');
  });

  test('what Janus keeps stays as it is', async () => {
    const { admin } = cluster;
    const record = secretRef(`tx-${held.transaction.metadata.uid ?? ''}`);
    expect((await refusalOf(admin.delete(record))).message).toContain('failed calling webhook "own-secrets.tx.janus.io"');
    await admin.create(secretRef('certificate'), secret('certificate'));
    await admin.delete(secretRef('certificate'));
  });
});

describe('when the transaction has ended', () => {
  test('its namespaces and definitions can be deleted', async () => {
    const { admin } = cluster;
    expect((await held.release()).status?.phase).toBe('Committed');
    await makeGate(admin, shop);
    await admin.delete(CRD, { dryRun: true });
    await admin.delete(namespaceRef(shop));
    await gone(namespaceRef(shop));
  });

  test('the namespace of Janus can be deleted with a hint at what is left, and goes though Janus goes first', async () => {
    const { admin } = cluster;
    const { kubectl, kubeconfig } = cluster.controlPlane;
    const removed = await promisify(execFile)(kubectl, ['--kubeconfig', kubeconfig, 'delete', 'namespace', SYSTEM, '--wait=false']);
    await operator.crash();
    expect(removed.stderr).toContain('Delete validatingwebhookconfiguration and mutatingwebhookconfiguration "janus", too');
    await gone(namespaceRef(SYSTEM));
    const unrelated = await emptyNamespace();
    await refusalOf(admin.delete(unrelated));
    await admin.raw('DELETE', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/janus');
    await eventually('namespaces can be deleted again', () =>
      admin.delete(unrelated).then(
        () => true,
        () => false,
      ),
    );
  });
});
