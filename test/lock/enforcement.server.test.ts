import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/kube/client.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../src/kube/object.ts';
import { isApiError } from '../../src/kube/errors.ts';
import { pause } from '../../src/kube/pause.ts';
import { retrying } from '../../src/kube/retry.ts';
import { NAMESPACES, SECRETS } from '../../src/kube/well-known.ts';
import { creationLabelFor, LOCK_LABEL, lockLabelFor } from '../../src/lock/label.ts';
import { lockHolderOf } from '../../src/lock/holder.ts';
import { GATES, hold, makeGate, writeReadiness, type Held } from '../janus/holding.ts';
import { eventually } from '../janus/objects.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import {
  CONFIG_MAPS,
  configMap,
  find,
  makeConfigMap,
  makeNamespace,
  makeServiceAccount,
  transact,
  type Change,
} from '../janus/transacting.ts';
import { kubectl, requestsIn } from './kubectl.ts';
import { expectLocked, refusalOf } from './refusals.ts';
import { unversioned, WRITE_PATHS } from './write-paths.ts';

const SERVICES: ResourceKind = { group: '', version: 'v1', kind: 'Service', resource: 'services', namespaced: true };
const ENDPOINT_SLICES: ResourceKind = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  namespaced: true,
};
const DEPLOYMENTS: ResourceKind = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true };
const ROLE_BINDINGS: ResourceKind = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  namespaced: true,
};

const LOCK_POINTER = '/metadata/labels/tx.janus.io~1lock';

let cluster: Cluster;
let operator: Operator;
let namespace: string;
/** Objects that carried a label of a record that does not exist before anybody guarded anything. */
let stale: string;

beforeAll(async () => {
  cluster = await bootCluster();
  stale = await makeNamespace(cluster.admin);
  for (const name of ['used', 'stripped', 'changed', 'unreadable', 'orphaned']) await makeStale(name);
  await makeDamagedRecord(await makeStale('damaged'));
  operator = await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

/** Where the damaged record is that the lock of an object names. */
function damagedRecordOf(object: KubeObject): ObjectRef {
  return { kind: SECRETS, namespace: 'janus-system', name: `tx-${lockOf(object).split('.')[0] ?? ''}` };
}

/** As long as nobody guards the records: later, nobody but Janus writes them. */
async function makeDamagedRecord(object: KubeObject): Promise<void> {
  const { admin } = cluster;
  const metadata = { name: 'janus-system' };
  await admin.create({ kind: NAMESPACES, name: metadata.name }, { apiVersion: 'v1', kind: 'Namespace', metadata });
  const ref = damagedRecordOf(object);
  const data = { payload: Buffer.from('not a record').toString('base64') };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: ref.name, namespace: metadata.name } };
  await admin.create(ref, { ...secret, type: 'tx.janus.io/record', data });
}

/** A ConfigMap with the lock of a transaction that never was, or is given. */
async function makeStale(name: string, transaction: string = randomUUID()): Promise<KubeObject> {
  const { admin } = cluster;
  const made = await makeConfigMap(admin, stale, name, { a: '1' });
  const labels = { [LOCK_LABEL]: lockLabelFor(transaction, 1, made.metadata.uid ?? '') };
  return (await admin.patch(configMap(stale, name), { type: 'merge', patch: { metadata: { labels } } })).object;
}

const replacement = (name: string): Change => ({
  type: 'Update',
  name,
  content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } },
});

/** An object that a transaction is going to replace: all of it is locked. */
async function locked(name: string): Promise<{ readonly held: Held; readonly ref: ObjectRef; readonly object: KubeObject }> {
  await makeConfigMap(cluster.admin, namespace, name, { a: '1', b: '1' });
  const held = await hold(cluster.admin, namespace, [replacement(name)]);
  const ref = configMap(namespace, name);
  return { held, ref, object: await cluster.admin.get(ref) };
}

const lockOf = (object: KubeObject): string => object.metadata.labels?.[LOCK_LABEL] ?? '';

/** Answers of the lock webhook so far. */
async function lockReviews(): Promise<number> {
  const lines = (await operator.metrics())
    .split('\n')
    .filter((line) => /^janus_webhook_decisions_total\{.*path="\/validate-locks"/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

describe('a write to a locked object', () => {
  let held: Held;
  let object: KubeObject;

  beforeAll(async () => {
    await makeServiceAccount(cluster.admin, namespace, 'editor');
    await cluster.admin.create(
      { kind: ROLE_BINDINGS, namespace, name: 'editor' },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'editor', namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'editor', namespace }],
      },
    );
    ({ held, object } = await locked('guarded'));
    const editor = { user: `system:serviceaccount:${namespace}:editor` };
    // The authorizer learns of a right a moment later.
    await retrying(() => cluster.admin.get(configMap(namespace, 'guarded'), { as: editor }), {
      deadlineMs: 120_000,
      maxMs: 100,
      retryable: (error) => isApiError(error, 403),
    });
  });

  const senders: readonly (readonly [string, () => Identity | undefined])[] = [
    ['cluster-admin', () => undefined],
    ['a stranger who may edit the namespace', () => ({ user: `system:serviceaccount:${namespace}:editor` })],
    ['the ServiceAccount of the transaction itself, without a grant', () => ({ user: `system:serviceaccount:${namespace}:deployer` })],
  ];
  for (const [who, identity] of senders) {
    for (const { title, send } of WRITE_PATHS) {
      test(`by ${title} is refused to ${who}`, async () => {
        const as = identity();
        await expectLocked(send(cluster.admin, object, '3', as === undefined ? {} : { as }));
        expect(await cluster.admin.get(configMap(namespace, 'guarded'))).toEqual(object);
      });
    }
  }

  for (const { title, send } of WRITE_PATHS) {
    test(`by ${title} is refused as a dry run, too`, async () => {
      await expectLocked(send(cluster.admin, object, '3', { dryRun: true }));
    });
  }

  test('that changes no value is let through, since it does nothing', async () => {
    const { object: after } = await cluster.admin.patch(configMap(namespace, 'guarded'), { type: 'merge', patch: { data: { a: '1' } } });
    expect(after).toEqual(object);
  });

  test('is let through when the transaction has ended, and the label is gone', async () => {
    const done = await held.release();
    expect(done.status?.phase).toBe('Committed');
    const { object: after } = await cluster.admin.patch(configMap(namespace, 'guarded'), { type: 'merge', patch: { data: { a: '3' } } });
    expect(after['data']).toEqual({ a: '3' });
    expect(after.metadata.labels).toBeUndefined();
  });
});

describe('the refusal', () => {
  test('names transaction, change, who asked for it, since when, until when, and what to do', async () => {
    const { held, ref } = await locked('told');
    const { name = '', uid = '' } = held.transaction.metadata;
    const refusal = await expectLocked(cluster.admin.patch(ref, { type: 'merge', patch: { data: { a: '3' } } }));
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`;
    expect(refusal.message).toContain(
      `ConfigMap ${namespace}/told is locked by transaction ${namespace}/${name} (change ${name}-1, requested by admin`,
    );
    expect(refusal.message).toMatch(new RegExp(String.raw`since ${time} \(\d+ s ago\), until ${time} at the latest`));
    expect(refusal.message).toMatch(new RegExp(`kubectl wait --for=condition=Ready transaction/${name} -n ${namespace} --timeout=\\d+s`));
    expect(refusal.message).toContain(`"kubectl get transaction ${name} -n ${namespace}"`);
    expect(lockHolderOf(refusal.status)?.transaction).toBe(uid);
    await held.release();
  });

  test('says how many of the changes are made', async () => {
    const { held, ref } = await locked('counted');
    const refusal = await expectLocked(cluster.admin.patch(ref, { type: 'merge', patch: { data: { a: '3' } } }));
    await held.release();
    expect(refusal.message).toContain('1 of 2 committed');
  });

  test('reaches a person through an unchanged kubectl at its first try, without advice to use force', async () => {
    const { held } = await locked('kubectl');
    const run = kubectl(cluster.controlPlane, namespace, ['patch', 'configmap', 'kubectl', '-p', '{"data":{"a":"3"}}', '-v=6']);
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(
      `ConfigMap ${namespace}/kubectl is locked by transaction ${namespace}/${held.transaction.metadata.name ?? ''}`,
    );
    expect(stderr).not.toContain('--force-conflicts');
    expect(requestsIn(stderr).filter(({ verb }) => verb === 'PATCH')).toEqual([{ verb: 'PATCH', status: 423 }]);
    await held.release();
  });
});

describe('the label of a locked object', () => {
  let held: Held;
  let ref: ObjectRef;
  let object: KubeObject;

  beforeAll(async () => {
    ({ held, ref, object } = await locked('labelled'));
  });
  afterAll(() => held?.release());

  const without = (): KubeObject => {
    const { labels: _labels, ...metadata } = unversioned(object).metadata;
    return { ...object, metadata };
  };
  const strippings: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a merge patch with null', () => cluster.admin.patch(ref, { type: 'merge', patch: { metadata: { labels: { [LOCK_LABEL]: null } } } })],
    ['a merge patch that drops all labels', () => cluster.admin.patch(ref, { type: 'merge', patch: { metadata: { labels: null } } })],
    [
      'a strategic merge patch',
      () => cluster.admin.patch(ref, { type: 'strategic', patch: { metadata: { labels: { $patch: 'replace' } } } }),
    ],
    ['a JSON patch', () => cluster.admin.patch(ref, { type: 'json', operations: [{ op: 'remove', path: LOCK_POINTER }] })],
    ['an update without it', () => cluster.admin.update(ref, without())],
    [
      'a server-side apply in the name of the manager that set it',
      () =>
        cluster.admin.apply(
          ref,
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'labelled', namespace } },
          { fieldManager: 'janus-lock', force: true },
        ),
    ],
    ['an empty value', () => cluster.admin.patch(ref, { type: 'merge', patch: { metadata: { labels: { [LOCK_LABEL]: '' } } } })],
    [
      'a value that is no lock',
      () => cluster.admin.patch(ref, { type: 'merge', patch: { metadata: { labels: { [LOCK_LABEL]: 'mine' } } } }),
    ],
  ];
  for (const [how, send] of strippings) {
    test(`cannot be taken off by ${how}`, async () => {
      // A server-side apply that owns nothing changes nothing, so it may be answered with the object as it is.
      await send().catch((error: unknown) => expectLocked(Promise.reject(error as Error)));
      expect(await cluster.admin.get(ref)).toEqual(object);
    });
  }

  test('cannot be changed to the lock of another transaction, or of another attempt', async () => {
    const uid = object.metadata.uid ?? '';
    for (const value of [lockLabelFor(randomUUID(), 1, uid), lockLabelFor(held.transaction.metadata.uid ?? '', 2, uid)]) {
      const refusal = await refusalOf(
        cluster.admin.patch(ref, { type: 'merge', patch: { metadata: { labels: { [LOCK_LABEL]: value } } } }),
      );
      expect([refusal.code, refusal.reason], refusal.message).toEqual([403, 'Forbidden']);
    }
    expect(await cluster.admin.get(ref)).toEqual(object);
  });

  test('cannot be forged onto an object that is not locked, by any way to write', async () => {
    const { admin } = cluster;
    const free = await makeConfigMap(admin, namespace, 'not-locked', { a: '1' });
    const place = configMap(namespace, 'not-locked');
    const value = lockLabelFor(held.transaction.metadata.uid ?? '', 1, free.metadata.uid ?? '');
    const metadata = { name: 'not-locked', namespace, labels: { [LOCK_LABEL]: value } };
    const ways = [
      () => admin.patch(place, { type: 'merge', patch: { metadata } }),
      () => admin.patch(place, { type: 'strategic', patch: { metadata } }),
      () => admin.patch(place, { type: 'json', operations: [{ op: 'add', path: '/metadata/labels', value: metadata.labels }] }),
      () => admin.apply(place, { apiVersion: 'v1', kind: 'ConfigMap', metadata }, { fieldManager: 'stranger', force: true }),
      () => admin.update(place, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1' } }),
    ];
    for (const way of ways) {
      const refusal = await refusalOf(way());
      expect([refusal.code, refusal.reason], refusal.message).toEqual([403, 'Forbidden']);
      expect(refusal.message).toContain(`Remove the label ${LOCK_LABEL} from your file`);
    }
    expect(await admin.get(place)).toEqual(free);
  });

  test('cannot be forged in the form for created objects, whoever creates them', async () => {
    const place = { group: '', resource: 'configmaps', namespace, name: 'forged' };
    const labels = { [LOCK_LABEL]: creationLabelFor(held.transaction.metadata.uid ?? '', 1, place) };
    const created = cluster.admin.create(configMap(namespace, 'forged'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'forged', namespace, labels },
    });
    expect((await refusalOf(created)).code).toBe(403);
    expect(await find(cluster.admin, configMap(namespace, 'forged'))).toBeUndefined();
  });

  test('locks nothing where it was copied to another object', async () => {
    const { admin } = cluster;
    const place = configMap(namespace, 'copy');
    await admin.create(place, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'copy', namespace, labels: { [LOCK_LABEL]: lockOf(object) } },
      data: { a: '1' },
    });
    const before = await lockReviews();
    await admin.patch(place, { type: 'merge', patch: { data: { a: '2' } } });
    await admin.patch(place, { type: 'merge', patch: { metadata: { labels: { [LOCK_LABEL]: null } } } });
    await admin.delete(place);
    expect(await lockReviews()).toBe(before);
  });
});

describe('a locked Service', () => {
  const ref = (name: string): ObjectRef => ({ kind: SERVICES, namespace, name });
  const service = (name: string, port: number): Record<string, unknown> => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port }] },
  });

  test('goes on working: the slices that its controller labels like it are not locked', async () => {
    const { admin } = cluster;
    await admin.create(ref('web'), service('web', 80) as unknown as KubeObject);
    const held = await hold(admin, namespace, [
      { type: 'Patch', kind: 'Service', name: 'web', content: { spec: { ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }] } } },
    ]);
    const slice = await sliceWith(lockOf(await admin.get(ref('web'))));
    const place = { kind: ENDPOINT_SLICES, namespace, name: slice.metadata.name ?? '' };
    const before = await lockReviews();
    await admin.patch(place, { type: 'merge', patch: { metadata: { annotations: { touched: 'yes' } } } });
    await admin.delete(place);
    expect(await lockReviews()).toBe(before);
    await held.release();
  });

  /** The slice of the Service, once the controller has copied this label to it. */
  async function sliceWith(label: string): Promise<KubeObject> {
    const deadline = performance.now() + 180_000;
    for (;;) {
      const { items } = await cluster.admin.list(ENDPOINT_SLICES, { namespace, labelSelector: 'kubernetes.io/service-name=web' });
      const found = items.find((slice) => lockOf(slice) === label);
      if (found !== undefined) return found;
      if (performance.now() > deadline)
        throw new Error(`no slice got the label: ${JSON.stringify(items.map(({ metadata }) => metadata.labels))}`);
      await pause(50);
    }
  }

  test('takes a status, and nothing else by way of it', async () => {
    const { admin } = cluster;
    await admin.create(ref('balanced'), service('balanced', 80) as unknown as KubeObject);
    const content = { ...service('balanced', 81), spec: { ...(service('balanced', 81)['spec'] as object), type: 'ClusterIP' } };
    const held = await hold(admin, namespace, [{ type: 'Update', kind: 'Service', name: 'balanced', content }]);
    const options = { subresource: 'status' };
    const conditions = [{ type: 'Seen', status: 'True', reason: 'Test', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }];
    const { object } = await admin.patch(ref('balanced'), { type: 'merge', patch: { status: { conditions } } }, options);
    expect(object['status']).toMatchObject({ conditions });
    for (const metadata of [{ labels: { [LOCK_LABEL]: null } }, { labels: { app: 'other' } }, { annotations: { note: 'x' } }]) {
      await expectLocked(admin.patch(ref('balanced'), { type: 'merge', patch: { metadata, status: { conditions: [] } } }, options));
    }
    expect(await admin.get(ref('balanced'))).toEqual(object);
    await held.release();
  });
});

describe('a locked custom resource', () => {
  test('takes the status of its controller and no other write', async () => {
    const { admin } = cluster;
    const gate = await makeGate(admin, namespace);
    const change: Change = {
      type: 'Update',
      apiVersion: 'test.example.com/v1',
      kind: 'Gate',
      name: gate.name,
      content: { apiVersion: 'test.example.com/v1', kind: 'Gate', metadata: { name: gate.name }, spec: { size: 5 } },
    };
    const held = await hold(admin, namespace, [change]);
    await expectLocked(admin.patch(gate, { type: 'merge', patch: { spec: { size: 3 } } }));
    await expectLocked(admin.delete(gate));
    const path = `/apis/${GATES.group}/v1/namespaces/${namespace}/gates?fieldSelector=metadata.name%3D${gate.name}`;
    await expectLocked(admin.raw('DELETE', path));
    expect((await writeReadiness(admin, gate, 'True'))['status']).toMatchObject({ conditions: [{ status: 'True' }] });
    expect((await held.release()).status?.phase).toBe('Committed');
    expect((await admin.get(gate))['spec']).toEqual({ size: 5 });
  });
});

describe('a locked Deployment', () => {
  test('rolls out while a stranger is refused', async () => {
    const { admin } = cluster;
    const ref: ObjectRef = { kind: DEPLOYMENTS, namespace, name: 'rolling' };
    const deployment = (image: string): Record<string, unknown> => {
      const template = { metadata: { labels: { app: 'rolling' } }, spec: { containers: [{ name: 'app', image }] } };
      return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'rolling' },
        spec: { replicas: 0, selector: { matchLabels: { app: 'rolling' } }, template },
      };
    };
    await admin.create(ref, deployment('one') as unknown as KubeObject);
    await observed(ref, '1');
    const held = await hold(admin, namespace, [
      { type: 'Update', apiVersion: 'apps/v1', kind: 'Deployment', name: 'rolling', content: deployment('two'), order: 0 },
    ]);
    await observed(ref, '2');
    expect(lockOf(await admin.get(ref))).not.toBe('');
    await expectLocked(admin.patch(ref, { type: 'merge', patch: { spec: { replicas: 3 } } }));
    await expectLocked(admin.patch(ref, { type: 'merge', patch: { metadata: { annotations: { note: 'x' } } } }));
    expect((await held.release()).status?.phase).toBe('Committed');
  });

  /** Waits until the real deployment controller has rolled this revision out. */
  async function observed(ref: ObjectRef, revision: string): Promise<void> {
    const deadline = performance.now() + 180_000;
    for (;;) {
      const { metadata, ...rest } = await cluster.admin.get(ref);
      const { observedGeneration } = (rest['status'] ?? {}) as { readonly observedGeneration?: number };
      if (metadata.annotations?.['deployment.kubernetes.io/revision'] === revision && observedGeneration === metadata.generation) return;
      if (performance.now() > deadline) throw new Error(`not rolled out: ${JSON.stringify({ metadata, status: rest['status'] })}`);
      await pause(50);
    }
  }
});

describe('an object with an owner', () => {
  test('outlives its owner as long as it is locked, and is collected when it no longer is', async () => {
    const { admin } = cluster;
    const owner = await makeConfigMap(admin, namespace, 'owner', {});
    await makeConfigMap(admin, namespace, 'owned', { a: '1' });
    const { name = '', uid = '' } = owner.metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid }];
    await admin.patch(configMap(namespace, 'owned'), { type: 'merge', patch: { metadata: { ownerReferences } } });
    const content = { ...replacement('owned').content, metadata: { name: 'owned', ownerReferences } };
    const held = await hold(admin, namespace, [{ ...replacement('owned'), content }]);
    const object = await admin.get(configMap(namespace, 'owned'));
    const before = await lockReviews();
    await admin.delete(configMap(namespace, 'owner'));
    await eventually('the garbage collector has tried', async () => (await lockReviews()) > before);
    expect(await admin.get(configMap(namespace, 'owned'))).toEqual(object);
    expect((await held.release()).status?.phase).toBe('Committed');
    await eventually('it is collected', async () => (await find(admin, configMap(namespace, 'owned'))) === undefined);
  });
});

describe('an object that is being deleted', () => {
  test('is not locked any more: the transaction is told so, and nothing of it is done', async () => {
    const { admin } = cluster;
    const ref = configMap(namespace, 'going');
    await makeConfigMap(admin, namespace, 'going', { a: '1' });
    await makeConfigMap(admin, namespace, 'staying', { a: '1' });
    await admin.patch(ref, { type: 'merge', patch: { metadata: { finalizers: ['example.com/wait'] } } });
    await admin.delete(ref);
    const before = await admin.get(configMap(namespace, 'staying'));
    const done = await transact(admin, namespace, [replacement('going'), replacement('staying')]);
    expect(done.status?.phase).toBe('RolledBack');
    expect(JSON.stringify(done.status)).toContain('ConfigMap going is being deleted since');
    expect(await admin.get(configMap(namespace, 'staying'))).toEqual(before);
    await admin.patch(ref, { type: 'merge', patch: { metadata: { finalizers: null } } });
    expect(await find(admin, ref)).toBeUndefined();
  });
});

describe('an object that is not locked', () => {
  test('is written without a question to Janus, while others are locked', async () => {
    const { admin } = cluster;
    const { held } = await locked('beside-many');
    for (let at = 0; at < 20; at += 1) await makeConfigMap(admin, namespace, `free-${String(at)}`, { a: '0' });
    const before = await lockReviews();
    expect(before).toBeGreaterThan(0);
    for (let at = 0; at < 200; at += 1) {
      const name = `free-${String(at % 20)}`;
      const path = WRITE_PATHS[at % 6];
      await path?.send(admin, await admin.get(configMap(namespace, name)), String(at + 1));
    }
    for (let at = 0; at < 20; at += 1) await admin.delete(configMap(namespace, `free-${String(at)}`));
    expect(await lockReviews()).toBe(before);
    await held.release();
  });
});

describe('a label that is void', () => {
  const ref = (name: string): ObjectRef => configMap(stale, name);
  const strip = { type: 'merge', patch: { metadata: { labels: { [LOCK_LABEL]: null } } } } as const;

  test('since its record does not exist blocks nobody, and may be taken off by anybody, but not be put on', async () => {
    const { admin } = cluster;
    const { object } = await admin.patch(ref('used'), { type: 'merge', patch: { data: { a: '2' } } });
    expect(object['data']).toEqual({ a: '2' });
    const label = lockOf(object);
    const { object: free } = await admin.patch(ref('used'), strip);
    expect(free.metadata.labels).toBeUndefined();
    const refusal = await refusalOf(admin.patch(ref('used'), { type: 'merge', patch: { metadata: { labels: { [LOCK_LABEL]: label } } } }));
    expect([refusal.code, refusal.reason]).toEqual([403, 'Forbidden']);
    await admin.delete(ref('stripped'));
  });

  test('since its transaction was committed, or rolled back, blocks nobody', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, stale, 'done', { a: '1' });
    const committed = await transact(admin, stale, [{ type: 'Patch', name: 'done', content: { data: { a: '2' } } }]);
    const service = (name: string, order: number): Change => ({
      type: 'Create',
      kind: 'Service',
      name,
      order,
      content: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name },
        spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 31_555 }] },
      },
    });
    const rolledBack = await transact(admin, stale, [
      { type: 'Patch', name: 'done', content: { data: { a: '3' } } },
      service('one', 1),
      service('two', 2),
    ]);
    expect([committed.status?.phase, rolledBack.status?.phase]).toEqual(['Committed', 'RolledBack']);
    // As a crash between the end and the unlocking would leave them: while nobody guards, the labels can be put back.
    await operator.stop();
    for (const [name, { metadata }] of [
      ['void-committed', committed],
      ['void-rolled-back', rolledBack],
    ] as const) {
      await retrying(() => makeStale(name, metadata.uid), { deadlineMs: 120_000, retryable: (error) => isApiError(error, 500) });
    }
    operator = await cluster.start();
    for (const name of ['void-committed', 'void-rolled-back']) {
      const before = await lockReviews();
      const { object } = await admin.patch(ref(name), { type: 'merge', patch: { data: { a: '2' } } });
      expect(object['data']).toEqual({ a: '2' });
      expect(await lockReviews()).toBe(before + 1);
      const value = lockLabelFor(committed.metadata.uid ?? '', 2, object.metadata.uid ?? '');
      const refusal = await refusalOf(admin.patch(ref(name), { type: 'merge', patch: { metadata: { labels: { [LOCK_LABEL]: value } } } }));
      expect(refusal.code).toBe(403);
      await admin.patch(ref(name), strip);
      await admin.delete(ref(name));
    }
  });

  test('does not keep another transaction from locking the object', async () => {
    const done = await transact(cluster.admin, stale, [{ type: 'Patch', name: 'changed', content: { data: { a: '2' } } }]);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    const after = await cluster.admin.get(ref('changed'));
    expect([after['data'], after.metadata.labels]).toEqual([{ a: '2' }, undefined]);
  });
});

describe('while a record cannot be read', () => {
  const write = { type: 'merge', patch: { data: { a: '2' } } } as const;

  test('since it is damaged, writes to what carries its label are refused', async () => {
    const { admin } = cluster;
    const ref = configMap(stale, 'damaged');
    const secret = damagedRecordOf(await admin.get(ref));
    const refusal = await refusalOf(admin.patch(ref, write));
    expect([refusal.code, refusal.reason]).toEqual([503, 'ServiceUnavailable']);
    expect(refusal.message).toContain(
      `its record is damaged. Try again; if it stays so, look at the log of Janus and at its Secret ${secret.name}`,
    );
    await refusalOf(admin.delete(ref));
    await admin.delete(secret);
    await admin.patch(ref, write);
  });

  test('since Janus may not, writes to what carries its label are refused', async () => {
    const { admin } = cluster;
    const ref = configMap(stale, 'unreadable');
    const binding = { kind: ROLE_BINDINGS, namespace: 'janus-system', name: 'janus' };
    const { resourceVersion: _version, uid: _uid, ...metadata } = (await admin.get(binding)).metadata;
    const { roleRef, subjects } = (await admin.get(binding)) as { roleRef?: unknown; subjects?: unknown };
    await admin.delete(binding);
    const refusal = await untilRefused(ref);
    expect([refusal.code, refusal.reason]).toEqual([503, 'ServiceUnavailable']);
    expect(refusal.message).toContain('the API server answered 403 Forbidden to Janus');
    await admin.create(binding, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata, roleRef, subjects });
    await untilAllowed(ref);
  });

  /** The authorizer learns of a change a moment later. */
  async function untilRefused(ref: ObjectRef): Promise<Awaited<ReturnType<typeof refusalOf>>> {
    for (let at = 0; ; at += 1) {
      try {
        return await refusalOf(cluster.admin.patch(ref, { type: 'merge', patch: { data: { a: `u${String(at)}` } } }));
      } catch (error) {
        if (at > 500) throw error;
        await pause(20);
      }
    }
  }

  async function untilAllowed(ref: ObjectRef): Promise<void> {
    for (let at = 0; ; at += 1) {
      try {
        return void (await cluster.admin.patch(ref, { type: 'merge', patch: { data: { a: `v${String(at)}` } } }));
      } catch (error) {
        if (at > 500) throw error;
        await pause(20);
      }
    }
  }

  test('since Janus is down, locked objects stay as they are and all others can be written', async () => {
    const { admin } = cluster;
    const { held, ref, object } = await locked('frozen');
    await makeConfigMap(admin, namespace, 'thawed', { a: '1' });
    await operator.crash();
    const refusal = await refusalOf(admin.patch(ref, write));
    expect(refusal.message).toContain('failed calling webhook');
    await refusalOf(admin.delete(ref));
    const { object: other } = await admin.patch(configMap(namespace, 'thawed'), write);
    expect(other['data']).toEqual({ a: '2' });
    expect(await admin.get(ref)).toEqual(object);
    operator = await cluster.start();
    expect((await held.release()).status?.phase).toBe('Committed');
    expect((await admin.list(CONFIG_MAPS, { namespace, labelSelector: LOCK_LABEL })).items).toEqual([]);
  });
});
