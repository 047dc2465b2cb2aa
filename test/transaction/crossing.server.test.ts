import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction, TransactionSpec } from '../../src/api/transaction.ts';
import { isApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ResourceKind } from '../../src/kube/object.ts';
import { pause } from '../../src/kube/pause.ts';
import { retrying } from '../../src/kube/retry.ts';
import { LOCK_LABEL, parseLockLabel } from '../../src/lock/label.ts';
import { hold } from '../janus/holding.ts';
import { bootCluster, type Cluster, type Fault } from '../janus/running.ts';
import {
  CONFIG_MAPS,
  configMap,
  draft,
  ended,
  find,
  makeConfigMap,
  makeNamespace,
  makeServiceAccount,
  seal,
  until,
  type Change,
} from '../janus/transacting.ts';

const EVENTS: ResourceKind = { group: 'events.k8s.io', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };

/** One write of a lock label: whose, on what, and whether it was granted. */
interface LockWrite {
  readonly transaction: string;
  readonly object: string;
}

let cluster: Cluster;
let namespace: string;
/** Locks taken so far, as `transaction/object`. */
const taken = new Set<string>();
/** How often each object's label was asked for. */
const asked = new Map<string, number>();
/** Lock writes that must wait until another is through. */
const barriers = new Map<string, string>();

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start({ fault: ordered });
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const ordered: Fault = async (request, send) => {
  const write = lockWriteIn(request);
  if (write === undefined) return send(request);
  const key = `${write.transaction}/${write.object}`;
  asked.set(key, (asked.get(key) ?? 0) + 1);
  const first = barriers.get(key);
  while (first !== undefined && !taken.has(first)) await pause(5);
  const answer = await send(request);
  if (answer.status === 200) taken.add(key);
  return answer;
};

function lockWriteIn({ as, label, body = '' }: Parameters<Fault>[0]): LockWrite | undefined {
  if (as === undefined || label.verb !== 'patch' || label.dryRun || !body.startsWith('{')) return undefined;
  const { metadata } = JSON.parse(body) as { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
  const lock = parseLockLabel(metadata?.labels?.[LOCK_LABEL]);
  return lock === undefined ? undefined : { transaction: lock.transaction, object: label.name ?? '' };
}

const patch = (name: string, by: string, order = 0): Change => ({ type: 'Patch', name, content: { data: { by } }, order });
const uidOf = ({ metadata }: Transaction): string => metadata.uid ?? '';
const byOf = ({ data }: KubeObject): string | undefined => (data as { readonly by?: string }).by;
const readyOf = ({ status }: Transaction): string => status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';

/** Seals a transaction and waits until the executor has begun it, so that its age is settled. */
async function begun(changes: readonly Change[], spec: Partial<TransactionSpec> = {}): Promise<Transaction> {
  const { admin } = cluster;
  const transaction = await draft(admin, namespace, changes, spec);
  await seal(admin, transaction);
  return until(admin, transaction, ({ status }) => status?.phase !== undefined && status.phase !== 'Pending');
}

/** Which of these ConfigMaps carry a lock. */
async function locksOn(...names: readonly string[]): Promise<readonly string[]> {
  const { items } = await cluster.admin.list(CONFIG_MAPS, { namespace, labelSelector: LOCK_LABEL });
  return items.map(({ metadata }) => metadata.name ?? '').filter((name) => names.includes(name));
}

/** Waits until a transaction says that it waits for another. */
async function waiting(transaction: Transaction): Promise<void> {
  const deadline = performance.now() + 180_000;
  for (;;) {
    const { items } = await cluster.admin.list(EVENTS, { namespace });
    if (items.some((event) => event['reason'] === 'LockWaiting' && (event['regarding'] as { uid?: string }).uid === uidOf(transaction)))
      return;
    if (performance.now() > deadline) throw new Error('nobody waits');
    await pause(20);
  }
}

describe('two transactions that cross', () => {
  test('end both, the older first, though each holds what the other wants', async () => {
    const { admin } = cluster;
    for (const name of ['x', 'y']) await makeConfigMap(admin, namespace, name, { by: 'nobody' });
    const older = await draft(admin, namespace, [patch('x', 'older'), patch('y', 'older')]);
    const younger = await draft(admin, namespace, [patch('y', 'younger'), patch('x', 'younger')]);
    barriers.set(`${uidOf(older)}/y`, `${uidOf(younger)}/y`);
    barriers.set(`${uidOf(younger)}/x`, `${uidOf(older)}/x`);
    await seal(admin, older);
    await until(admin, older, ({ status }) => status?.phase === 'Preparing');
    await seal(admin, younger);
    const [first, second] = await Promise.all([ended(admin, older), ended(admin, younger)]);
    expect([first.status?.phase, second.status?.phase]).toEqual(['Committed', 'Committed']);
    expect(Date.parse(first.status?.completedAt ?? '')).toBeLessThanOrEqual(Date.parse(second.status?.completedAt ?? ''));
    const objects = await Promise.all(['x', 'y'].map((name) => admin.get(configMap(namespace, name))));
    expect(objects.map(byOf)).toEqual(['younger', 'younger']);
    expect(await locksOn('x', 'y')).toEqual([]);
  });

  test('mix nothing, however many they are: the last one’s changes are on all objects', async () => {
    const { admin } = cluster;
    const names = ['m0', 'm1', 'm2', 'm3'];
    for (const name of names) await makeConfigMap(admin, namespace, name, { by: 'nobody' });
    const drafts = await Promise.all(
      Array.from({ length: 12 }, (_, at) => {
        const turned = [...names.slice(at % 4), ...names.slice(0, at % 4)];
        return draft(
          admin,
          namespace,
          turned.map((name) => patch(name, `t${String(at)}`)),
        );
      }),
    );
    await Promise.all(drafts.map((one) => seal(admin, one)));
    const ends = await Promise.all(drafts.map((one) => ended(admin, one)));
    expect(ends.map(({ status }) => status?.phase)).toEqual(ends.map(() => 'Committed'));
    const objects = await Promise.all(names.map((name) => admin.get(configMap(namespace, name))));
    expect(new Set(objects.map(byOf)).size, JSON.stringify(objects.map(byOf))).toBe(1);
    expect(await locksOn(...names)).toEqual([]);
  });

  test('never stand still, where many overlap in part', async () => {
    const { admin } = cluster;
    const names = Array.from({ length: 6 }, (_, at) => `o${String(at)}`);
    for (const name of names) await makeConfigMap(admin, namespace, name, { by: 'nobody' });
    const drafts = await Promise.all(
      Array.from({ length: 18 }, (_, at) => {
        const three = [at, at + 1 + (at % 2), at + 3 + (at % 3)].map((n) => names[n % 6] ?? '');
        return draft(
          admin,
          namespace,
          [...new Set(three)].map((name) => patch(name, `t${String(at)}`)),
        );
      }),
    );
    await Promise.all(drafts.map((one) => seal(admin, one)));
    const ends = await Promise.all(drafts.map((one) => ended(admin, one)));
    expect(ends.map(({ status }) => status?.phase)).toEqual(ends.map(() => 'Committed'));
    expect(await locksOn(...names)).toEqual([]);
  });
});

describe('a transaction that meets an object of another', () => {
  test('waits, and then changes what the other has left', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'shared', { a: '1', b: '1' });
    const held = await hold(admin, namespace, [{ type: 'Patch', name: 'shared', content: { data: { a: '2' } } }]);
    const second = await begun([{ type: 'Patch', name: 'shared', content: { data: { b: '2' } } }]);
    await waiting(second);
    expect((await admin.get(configMap(namespace, 'shared')))['data']).toEqual({ a: '1', b: '1' });
    await held.release();
    expect((await ended(admin, second)).status?.phase).toBe('Committed');
    expect((await admin.get(configMap(namespace, 'shared')))['data']).toEqual({ a: '2', b: '2' });
  });

  test('keeps nobody from what else it wants, as long as it waits for an older one', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'wanted', { by: 'nobody' });
    await makeConfigMap(admin, namespace, 'aside', { by: 'nobody' });
    const held = await hold(admin, namespace, [patch('wanted', 'older', 1)]);
    const second = await begun([patch('wanted', 'younger'), patch('aside', 'younger')]);
    await waiting(second);
    const free = async (): Promise<unknown> =>
      admin.patch(configMap(namespace, 'aside'), { type: 'merge', patch: { data: { by: 'stranger' } } });
    await retrying(free, { deadlineMs: 180_000, maxMs: 20, retryable: (error) => isApiError(error, 423) });
    const before = asked.get(`${uidOf(second)}/wanted`) ?? 0;
    const version = (await admin.get(configMap(namespace, 'aside'))).metadata.resourceVersion;
    // It asks again and again for what is held, and leaves alone what is free.
    await retrying(() => asMany(`${uidOf(second)}/wanted`, before + 3), {
      deadlineMs: 180_000,
      baseMs: 50,
      maxMs: 200,
      retryable: () => true,
    });
    expect((await admin.get(configMap(namespace, 'aside'))).metadata.resourceVersion).toBe(version);
    await held.release();
    expect((await ended(admin, second)).status?.phase).toBe('Committed');
    expect(byOf(await admin.get(configMap(namespace, 'aside')))).toBe('younger');
  });

  function asMany(key: string, times: number): Promise<void> {
    return (asked.get(key) ?? 0) >= times
      ? Promise.resolve()
      : Promise.reject(new Error(`${key} was asked for ${String(asked.get(key) ?? 0)} times`));
  }

  test('changes what has taken the object’s place, where the other replaces it', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'replaced', { by: 'nobody' });
    const anew = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'replaced' }, data: { by: 'older', kept: 'yes' } };
    const held = await hold(admin, namespace, [
      { type: 'Delete', name: 'replaced' },
      { type: 'Create', name: 'replaced', content: anew },
    ]);
    const second = await begun([patch('replaced', 'younger')]);
    await waiting(second);
    expect((await held.release()).status?.phase).toBe('Committed');
    const done = await ended(admin, second);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    expect((await admin.get(configMap(namespace, 'replaced')))['data']).toEqual({ by: 'younger', kept: 'yes' });
  });

  test('finds out when it may go on that the object is gone, and does nothing', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'going', { by: 'nobody' });
    const aside = await makeConfigMap(admin, namespace, 'untouched', { by: 'nobody' });
    const held = await hold(admin, namespace, [{ type: 'Delete', name: 'going' }]);
    const second = await begun([patch('going', 'younger'), patch('untouched', 'younger')]);
    await waiting(second);
    await held.release();
    const done = await ended(admin, second);
    expect(done.status?.phase).toBe('RolledBack');
    expect(done.status?.items?.find(({ name }) => name.endsWith('-0'))?.error).toContain(`ConfigMap ${namespace}/going does not exist`);
    expect(byOf(await admin.get(configMap(namespace, 'untouched')))).toBe(byOf(aside));
    expect(await locksOn('going', 'untouched')).toEqual([]);
  });

  test('fails at once with onConflict Fail, and leaves everything as it was', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'contested', { by: 'nobody' });
    await makeConfigMap(admin, namespace, 'spare', { by: 'nobody' });
    const held = await hold(admin, namespace, [patch('contested', 'older', 1)]);
    const second = await draft(admin, namespace, [patch('contested', 'younger'), patch('spare', 'younger')], { onConflict: 'Fail' });
    await seal(admin, second);
    const done = await ended(admin, second);
    const { name = '' } = held.transaction.metadata;
    expect(done.status?.phase).toBe('Failed');
    expect(readyOf(done)).toContain(
      `ConfigMap ${namespace}/contested is locked by transaction ${namespace}/${name}, and spec.onConflict is Fail`,
    );
    const spare = await admin.get(configMap(namespace, 'spare'));
    expect([byOf(spare), spare.metadata.labels]).toEqual(['nobody', undefined]);
    expect((await held.release()).status?.phase).toBe('Committed');
    expect(byOf(await admin.get(configMap(namespace, 'contested')))).toBe('older');
    expect(await locksOn('contested', 'spare')).toEqual([]);
  });

  test('gives up after lockTimeout, and leaves everything as it was', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'kept', { by: 'nobody' });
    await makeConfigMap(admin, namespace, 'spared', { by: 'nobody' });
    const held = await hold(admin, namespace, [patch('kept', 'older', 1)]);
    const begunAt = performance.now();
    const second = await draft(admin, namespace, [patch('kept', 'younger'), patch('spared', 'younger')], { lockTimeout: '1s' });
    await seal(admin, second);
    const done = await ended(admin, second);
    expect(performance.now() - begunAt).toBeGreaterThan(1000);
    expect(done.status?.phase).toBe('Failed');
    expect(readyOf(done)).toContain('it was not let go within spec.lockTimeout (1 s)');
    const spared = await admin.get(configMap(namespace, 'spared'));
    expect([byOf(spared), spared.metadata.labels]).toEqual(['nobody', undefined]);
    await held.release();
    expect(byOf(await admin.get(configMap(namespace, 'kept')))).toBe('older');
  });

  test('in the midst of its changes keeps what it has changed under lock while it waits', async () => {
    const { held, second, elsewhere } = await metInTheMidst({});
    const { admin } = cluster;
    expect(byOf(await admin.get(configMap(namespace, 'changed')))).toBe('younger');
    const refused = admin.patch(configMap(namespace, 'changed'), { type: 'merge', patch: { data: { by: 'stranger' } } });
    await expect(refused).rejects.toSatisfy((error) => isApiError(error, 423));
    await held.release();
    expect((await ended(admin, second)).status?.phase).toBe('Committed');
    expect(byOf(await admin.get(configMap(elsewhere, 'far')))).toBe('younger');
    expect(await locksOn('changed')).toEqual([]);
  });

  test('in the midst of its changes takes them back when it may not wait any longer', async () => {
    const { held, second, elsewhere } = await metInTheMidst({ lockTimeout: '2s' });
    const { admin } = cluster;
    const done = await ended(admin, second);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('RolledBack');
    expect(byOf(await admin.get(configMap(namespace, 'changed')))).toBe('nobody');
    expect(await find(admin, { kind: ROLE_BINDINGS, namespace: elsewhere, name: 'limited' })).toBeUndefined();
    await held.release();
    expect(byOf(await admin.get(configMap(elsewhere, 'far')))).toBe('older');
    expect(await locksOn('changed')).toEqual([]);
  });

  const ROLE_BINDINGS: ResourceKind = {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    kind: 'RoleBinding',
    resource: 'rolebindings',
    namespaced: true,
  };
  const CLUSTER_ROLES: ResourceKind = {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    kind: 'ClusterRole',
    resource: 'clusterroles',
    namespaced: false,
  };
  const CLUSTER_ROLE_BINDINGS: ResourceKind = { ...CLUSTER_ROLES, kind: 'ClusterRoleBinding', resource: 'clusterrolebindings' };

  /** A transaction that only its own first order gives the right to its second, where an older one holds the object. */
  async function metInTheMidst(
    spec: Partial<TransactionSpec>,
  ): Promise<{ readonly held: Awaited<ReturnType<typeof hold>>; readonly second: Transaction; readonly elsewhere: string }> {
    const { admin } = cluster;
    const elsewhere = await makeNamespace(admin);
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    await admin.apply(
      configMap(namespace, 'changed'),
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'changed', namespace }, data: { by: 'nobody' } },
      { fieldManager: 'owner', force: true },
    );
    await makeConfigMap(admin, elsewhere, 'far', { by: 'nobody' });
    const limited = `limited-${elsewhere}`;
    await makeServiceAccount(admin, namespace, limited);
    const subjects = [{ kind: 'ServiceAccount', name: limited, namespace }];
    const rules = [
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'], verbs: ['*'] },
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['bind'] },
    ];
    await admin.create({ kind: CLUSTER_ROLES, name: limited }, { apiVersion, kind: 'ClusterRole', metadata: { name: limited }, rules });
    const roleRef = (name: string): object => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name });
    await admin.create(
      { kind: CLUSTER_ROLE_BINDINGS, name: limited },
      { apiVersion, kind: 'ClusterRoleBinding', metadata: { name: limited }, roleRef: roleRef(limited), subjects },
    );
    await admin.create(
      { kind: ROLE_BINDINGS, namespace, name: limited },
      { apiVersion, kind: 'RoleBinding', metadata: { name: limited, namespace }, roleRef: roleRef('admin'), subjects },
    );
    const held = await hold(admin, namespace, [{ ...patch('far', 'older', 1), namespace: elsewhere }]);
    const binding = { apiVersion, kind: 'RoleBinding', metadata: { name: 'limited' }, roleRef: roleRef('admin'), subjects };
    const second = await begun(
      [
        patch('changed', 'younger'),
        { type: 'Create', apiVersion, kind: 'RoleBinding', namespace: elsewhere, name: 'limited', content: binding },
        { ...patch('far', 'younger', 1), namespace: elsewhere },
      ],
      { serviceAccountName: limited, ...spec },
    );
    await waiting(second);
    return { held, second, elsewhere };
  }
});
