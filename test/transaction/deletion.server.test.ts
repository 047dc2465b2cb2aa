import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/api/transaction.ts';
import { pause } from '../../src/kube/pause.ts';
import { SECRETS } from '../../src/kube/well-known.ts';
import { hold } from '../janus/holding.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, ended, find, inPhase, makeConfigMap, makeNamespace, plain, refOf, transact } from '../janus/transacting.ts';

let cluster: Cluster;
let namespace: string;
beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

/** Everything of a transaction in Janus's own namespace. */
async function recordsOf(transaction: Transaction): Promise<readonly string[]> {
  const list = await cluster.admin.list(SECRETS, {
    namespace: 'janus-system',
    labelSelector: `tx.janus.io/record-of=${transaction.metadata.uid ?? ''}`,
  });
  return list.items.map(({ metadata }) => metadata.name ?? '');
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 180_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await pause(50);
  }
}

async function takeFinalizersOff(transaction: Transaction): Promise<void> {
  await cluster.admin.patch(refOf(transaction), { type: 'merge', patch: { metadata: { finalizers: null } } });
}

describe('a transaction that is deleted', () => {
  test('before its end is rolled back first; the person’s own finalizer stays until it is taken off, and then nothing is left', async () => {
    const { admin } = cluster;
    const before = await makeConfigMap(admin, namespace, 'early', { a: '1' });
    const { transaction } = await hold(admin, namespace, [{ type: 'Patch', name: 'early', content: { data: { a: '2' } }, order: 0 }]);
    expect((await admin.get(configMap(namespace, 'early')))['data']).toEqual({ a: '2' });
    await admin.delete(refOf(transaction));
    const rolledBack = await inPhase(admin, transaction, 'RolledBack');
    expect(plain(await admin.get(configMap(namespace, 'early')))).toEqual(plain(before));
    expect((await ended(admin, rolledBack)).metadata.finalizers).toEqual(['tx.janus.io/rollback-protection']);
    await takeFinalizersOff(transaction);
    await eventually(async () => (await recordsOf(transaction)).length === 0);
  });

  test('with every finalizer taken off by hand in mid-flight is undone all the same, and leaves no lock and no record', async () => {
    const { admin } = cluster;
    const before = await makeConfigMap(admin, namespace, 'torn', { a: '1' });
    const { transaction } = await hold(admin, namespace, [{ type: 'Patch', name: 'torn', content: { data: { a: '2' } }, order: 0 }]);
    await takeFinalizersOff(transaction);
    await admin.delete(refOf(transaction));
    await eventually(async () => (await recordsOf(transaction)).length === 0);
    expect(plain(await admin.get(configMap(namespace, 'torn')))).toEqual(plain(before));
  });

  test('after its end goes once the person’s own finalizer is off, and its record goes with it', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'late', { a: '1' });
    const done = await transact(admin, namespace, [{ type: 'Patch', name: 'late', content: { data: { a: '2' } } }]);
    expect((await recordsOf(done)).length).toBe(2);
    await admin.delete(refOf(done));
    await takeFinalizersOff(done);
    await eventually(async () => (await find(admin, refOf(done))) === undefined && (await recordsOf(done)).length === 0);
    expect((await admin.get(configMap(namespace, 'late')))['data']).toEqual({ a: '2' });
  });
});

describe('a transaction that takes too long', () => {
  test('is rolled back when something was applied, and says that spec.timeout has passed', async () => {
    const { admin } = cluster;
    const before = await makeConfigMap(admin, namespace, 'slow', { a: '1' });
    const { transaction } = await hold(admin, namespace, [{ type: 'Patch', name: 'slow', content: { data: { a: '2' } }, order: 0 }], {
      timeout: '3s',
    });
    const done = await ended(admin, transaction);
    expect(done.status?.phase).toBe('RolledBack');
    expect(done.status?.conditions?.find(({ type }) => type === 'Ready')?.message).toContain('spec.timeout (3 s)');
    expect(plain(await admin.get(configMap(namespace, 'slow')))).toEqual(plain(before));
  });
});

describe('large objects', () => {
  test('three of 400 KB each are replaced in one transaction, and put back to the letter', async () => {
    const { admin } = cluster;
    const noise = (seed: number): string =>
      Array.from({ length: 50_000 }, (_, at) => ((at * 2654435761 + seed) >>> 0).toString(16).padStart(8, '0')).join('');
    const names = ['big-0', 'big-1', 'big-2'];
    const before = await Promise.all(names.map((name, at) => makeConfigMap(admin, namespace, name, { blob: noise(at) })));
    const done = await transact(
      admin,
      namespace,
      names.map((name, at) => ({
        type: 'Update',
        name,
        content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { blob: noise(at + 10) } },
      })),
    );
    expect(done.status?.phase).toBe('Committed');
    await admin.patch(refOf(done), { type: 'merge', patch: { metadata: { annotations: { 'tx.janus.io/request-rollback': 'true' } } } });
    await inPhase(admin, done, 'RolledBack');
    for (const [at, name] of names.entries())
      expect(plain(await admin.get(configMap(namespace, name)))).toEqual(plain(before[at] ?? (before[0] as never)));
  });
});
