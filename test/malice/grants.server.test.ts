import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity, KubeClient } from '../../src/kube/client.ts';
import { clusterConfigFromToken } from '../../src/kube/config.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { createRestClient } from '../../src/kube/rest-client.ts';
import { createTransport, type Transport } from '../../src/kube/transport.ts';
import { GRANT_ACTIONS } from '../../src/lock/grant-claims.ts';
import { creationLabelFor, LOCK_LABEL, lockLabelFor } from '../../src/lock/label.ts';
import { auditLog, type AuditLog } from '../control-plane/audit.ts';
import { hold } from '../janus/holding.ts';
import { eventually, SERVICES } from '../janus/objects.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import {
  configMap,
  CONFIG_MAPS,
  draft,
  ended,
  makeConfigMap,
  makeNamespace,
  refOf,
  seal,
  transact,
  type Change,
} from '../janus/transacting.ts';
import { expectLocked, refusalOf } from '../lock/refusals.ts';
import { bearerOf, recordedGrants, replay, type Recorded } from './replay.ts';

// Grants live as long as they can, so that it is never their age that they are refused for.
const ENV = { JANUS_GRANT_LIFE_SECONDS: '60' };

let audit: AuditLog;
let cluster: Cluster;
let operator: Operator;
let admin: KubeClient;
let namespace: string;
/** The ServiceAccount of the transactions, with credentials of its own; it may do everything, impersonation included. */
let itself: Transport;

beforeAll(async () => {
  audit = await auditLog();
  cluster = await bootCluster({ apiServerFlags: audit.flags });
  operator = await cluster.start({ env: ENV });
  ({ admin } = cluster);
  namespace = await makeNamespace(admin);
  itself = await transportOf('deployer');
});
afterAll(async () => {
  await itself?.close();
  await cluster?.stop();
  await audit?.remove();
});

const data = (name: string): Record<string, unknown> => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } });

const service = (name: string, nodePort: number, order: number): Change => ({
  type: 'Create',
  kind: 'Service',
  name,
  order,
  content: { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort }] } },
});

/** A transaction of every type of change; with `fails`, its last change meets a port that is taken, and all is undone. */
async function everyType(prefix: string, fails: boolean): Promise<readonly Change[]> {
  for (const name of ['patched', 'updated', 'deleted']) await makeConfigMap(admin, namespace, `${prefix}-${name}`, { a: '1', b: '1' });
  const port = 31_500 + Math.floor(Math.random() * 500);
  const failing = fails ? [service(`${prefix}-one`, port, 3), service(`${prefix}-two`, port, 4)] : [];
  return [
    { type: 'Patch', name: `${prefix}-patched`, content: { data: { a: '2' } } },
    { type: 'Create', name: `${prefix}-created`, content: data(`${prefix}-created`) },
    { type: 'Update', name: `${prefix}-updated`, content: data(`${prefix}-updated`), order: 1 },
    { type: 'Delete', name: `${prefix}-deleted`, order: 2 },
    ...failing,
  ];
}

/** A transaction that meets a lock while it plans: only then does a dry run carry a grant. */
async function planningOverAnother(changes: readonly Change[]): Promise<Transaction> {
  const { release } = await hold(admin, namespace, [changes[0] as Change]);
  const drafted = await draft(admin, namespace, changes);
  await seal(admin, drafted);
  await eventually('it has planned', async () =>
    (await heardFor(drafted.metadata.uid)).some(({ claims }) => claims.action === 'preflight'),
  );
  await release();
  return ended(admin, drafted);
}

async function everything(): Promise<readonly KubeObject[]> {
  const lists = await Promise.all([CONFIG_MAPS, SERVICES].map((kind) => admin.list(kind, { namespace })));
  return lists.flatMap(({ items }) => items);
}

async function overheard(): Promise<readonly Recorded[]> {
  return recordedGrants(await audit.read());
}

const heardFor = async (uid: string | undefined): Promise<readonly Recorded[]> =>
  (await overheard()).filter(({ claims }) => claims.transaction === uid);

describe('the grants in an audit log, once their transactions have ended', () => {
  let before: readonly KubeObject[];

  beforeAll(async () => {
    const done = await planningOverAnother(await everyType('done', false));
    const undone = await transact(admin, namespace, await everyType('undone', true));
    expect([done.status?.phase, undone.status?.phase], JSON.stringify(undone.status)).toEqual(['Committed', 'RolledBack']);
    before = await everything();
  });

  test('are of every action that there is, and still in their time', async () => {
    const heard = await overheard();
    expect(new Set(heard.map(({ claims }) => claims.action))).toEqual(new Set(GRANT_ACTIONS));
    expect(heard.length).toBeGreaterThan(20);
  });

  const replayers: readonly (readonly [string, () => Transport, () => string | undefined])[] = [
    ['cluster-admin, as the ServiceAccount', () => cluster.transport, () => undefined],
    ['the ServiceAccount itself', () => itself, () => undefined],
    ['cluster-admin, as another ServiceAccount', () => cluster.transport, () => `system:serviceaccount:${namespace}:default`],
    ['cluster-admin, as a person', () => cluster.transport, () => 'mallory'],
  ];
  for (const [who, transport, user] of replayers) {
    test(`change nothing when ${who} sends every one of their requests again`, async () => {
      const refusals: string[] = [];
      for (const one of await overheard()) {
        const { status, body } = await replay(transport(), one, bearerOf(one, user()));
        if (one.dryRun) continue;
        expect(status, `${one.event.verb} ${one.event.requestURI}: ${body}`).toBeGreaterThanOrEqual(400);
        refusals.push(body);
      }
      expect(await everything()).toEqual(before);
      expect(refusals.some((body) => user() !== undefined || body.includes('does not fit the grant'))).toBe(true);
      expect(refusals.join('\n')).not.toMatch(/eyJ[\w-]{10,}\.eyJ/);
    });
  }

  test('bring no lock back, in whatever form', async () => {
    for (const one of await overheard()) {
      const current = before.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === one.claims.target.name);
      if (current === undefined) continue;
      const { transaction, attempt, target } = one.claims;
      const [byUid, byName] = [
        lockLabelFor(transaction, attempt, current.metadata.uid ?? ''),
        creationLabelFor(transaction, attempt, target),
      ];
      for (const label of [byUid, byName]) {
        const patch = { metadata: { labels: { [LOCK_LABEL]: label } } };
        const sent = admin.patch(configMap(namespace, target.name), { type: 'merge', patch }, { as: bearerOf(one) });
        expect((await refusalOf(sent)).code, `${one.claims.action} ${target.name} ${label}`).toBe(403);
      }
    }
    expect(await everything()).toEqual(before);
  });
});

describe('the grants in an audit log, while an object is locked by another transaction', () => {
  test('open no way to it, those of the transaction that holds it included', async () => {
    await makeConfigMap(admin, namespace, 'guarded', { a: '1' });
    const first = await transact(admin, namespace, [{ type: 'Patch', name: 'guarded', content: { data: { a: '2' } } }]);
    expect(first.status?.phase).toBe('Committed');
    const { transaction, release } = await hold(admin, namespace, [{ type: 'Update', name: 'guarded', content: data('guarded') }]);
    const place = configMap(namespace, 'guarded');
    const now = await admin.get(place);
    const own = await heardFor(transaction.metadata.uid);
    expect(own.filter(({ claims }) => claims.target.name === 'guarded').map(({ claims }) => claims.action)).toContain('lock');
    for (const one of await overheard()) {
      const as = bearerOf(one);
      await Promise.all(
        attacks(now, as).map(async ([what, sent]) => {
          const refusal = await refusalOf(sent());
          expect([refusal.code, refusal.reason], `${one.claims.action} ${one.claims.target.name}: ${what}`).toEqual([403, 'Forbidden']);
        }),
      );
      if (!one.dryRun && one.claims.target.name === 'guarded')
        expect((await replay(cluster.transport, one, as)).status).toBeGreaterThanOrEqual(400);
    }
    expect(await admin.get(place)).toEqual(now);
    expect((await release()).status?.phase).toBe('Committed');
  });

  /** What can be done to a locked object: write, take the lock off, exchange it, delete. */
  function attacks({ metadata }: KubeObject, as: Identity): readonly (readonly [string, () => Promise<unknown>])[] {
    const place = configMap(namespace, metadata.name ?? '');
    const merge = (patch: object) => () => admin.patch(place, { type: 'merge', patch }, { as });
    const { uid = '', labels = {} } = metadata;
    const next = lockLabelFor((labels[LOCK_LABEL] ?? '').split('.')[0] ?? '', 2, uid);
    return [
      ['write', merge({ data: { a: '9' } })],
      ['unlock', merge({ metadata: { labels: { [LOCK_LABEL]: null } } })],
      ['lock for the next attempt', merge({ metadata: { labels: { [LOCK_LABEL]: next } } })],
      ['write and unlock', merge({ data: { a: '9' }, metadata: { labels: { [LOCK_LABEL]: null } } })],
      ['delete', () => admin.delete(place, { as })],
    ];
  }
});

describe('the grants of an attempt that was taken over', () => {
  test('are worth nothing in the next, on the objects that they were made for', async () => {
    await makeConfigMap(admin, namespace, 'taken', { a: '1' });
    const held = await hold(admin, namespace, [{ type: 'Update', name: 'taken', content: data('taken') }]);
    const labels = async (): Promise<readonly (string | undefined)[]> =>
      Promise.all([configMap(namespace, 'taken'), held.gate].map(async (ref) => (await admin.get(ref)).metadata.labels?.[LOCK_LABEL]));
    const uid = held.transaction.metadata.uid ?? '';
    const firstAttempt = await labels();
    await operator.crash();
    operator = await cluster.start({ env: ENV });
    // The change of the first order is made once more, under the new lock: only then is all at rest.
    await eventually('both objects are locked anew, and the next attempt is as far as the first', async () => {
      const [{ status }, gate] = await Promise.all([admin.get<Transaction>(refOf(held.transaction)), admin.get(held.gate)]);
      const made = status?.items?.some(({ committed, resourceVersion }) => committed && resourceVersion === gate.metadata.resourceVersion);
      return made === true && (await labels()).every((label) => label?.startsWith(`${uid}.2.`) === true);
    });
    const [taken, gate] = await Promise.all([admin.get(configMap(namespace, 'taken')), admin.get(held.gate)]);
    const old = (await heardFor(uid)).filter(({ claims }) => claims.attempt === 1);
    expect(old.map(({ claims }) => claims.action)).toEqual(expect.arrayContaining(['lock', 'apply']));
    for (const one of old) {
      const as = bearerOf(one);
      if (!one.dryRun) expect((await replay(cluster.transport, one, as)).status, one.event.requestURI).toBeGreaterThanOrEqual(400);
      const { target } = one.claims;
      const ref = target.name === 'taken' ? configMap(namespace, 'taken') : held.gate;
      const strip = { metadata: { labels: { [LOCK_LABEL]: null } } };
      const back = { metadata: { labels: { [LOCK_LABEL]: target.name === 'taken' ? firstAttempt[0] : firstAttempt[1] } } };
      for (const patch of [strip, back, { metadata: { annotations: { changed: 'yes' } } }]) {
        const refusal = await refusalOf(admin.patch(ref, { type: 'merge', patch }, { as }));
        expect([refusal.code, refusal.reason], `${one.claims.action} ${target.name}`).toEqual([403, 'Forbidden']);
      }
      expect((await refusalOf(admin.delete(ref, { as }))).code).toBe(403);
    }
    expect(await Promise.all([admin.get(configMap(namespace, 'taken')), admin.get(held.gate)])).toEqual([taken, gate]);
    await expectLocked(admin.patch(configMap(namespace, 'taken'), { type: 'merge', patch: { data: { a: '3' } } }));
    expect((await held.release()).status?.phase).toBe('Committed');
  });
});

/** Speaks with a ServiceAccount's own token. */
async function transportOf(name: string): Promise<Transport> {
  const answer = await admin.raw<{ readonly status: { readonly token: string } }>(
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
  );
  const { ca } = cluster.transport.config;
  const transport = createTransport(
    clusterConfigFromToken({
      server: cluster.controlPlane.server,
      ...(ca === undefined ? {} : { ca }),
      token: () => Promise.resolve(answer.status.token),
      description: `ServiceAccount ${namespace}/${name}`,
    }),
  );
  const client = createRestClient(transport);
  await eventually('its rights are known', () =>
    client.list(CONFIG_MAPS, { namespace }).then(
      () => true,
      () => false,
    ),
  );
  return transport;
}
