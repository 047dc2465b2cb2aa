import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/api/transaction.ts';
import type { KubeObject, ObjectRef } from '../../src/kube/object.ts';
import { hold, type Held } from '../janus/holding.ts';
import { EVENTS, eventually, SECRETS } from '../janus/objects.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import { disarm, isRefused, LOCKS, removeLocks } from '../janus/tampering.ts';
import {
  type Change,
  configMap,
  draft,
  ended,
  find,
  inPhase,
  makeConfigMap,
  makeNamespace,
  plain,
  refOf,
  seal,
} from '../janus/transacting.ts';

let cluster: Cluster;
let operator: Operator;
let namespace: string;
let before: ReadonlyMap<string, KubeObject>;

beforeAll(async () => {
  cluster = await bootCluster();
});
beforeEach(async () => {
  operator = await cluster.start();
  namespace = await makeNamespace(cluster.admin);
  const names = ['patched', 'replaced', 'untouched'];
  const made = await Promise.all(names.map((name) => makeConfigMap(cluster.admin, namespace, name, { a: '1', b: '1' })));
  before = new Map(names.map((name, at) => [name, made[at] as KubeObject]));
});
afterEach(() => operator.crash());
afterAll(() => cluster?.stop());

const whole = (name: string): Record<string, unknown> => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } });
/** What is made at once, and what waits for the gate: both are locked all the while. */
const CHANGES: readonly Change[] = [
  { type: 'Patch', name: 'patched', content: { data: { a: '2' } }, order: 0 },
  { type: 'Create', name: 'made', content: whole('made'), order: 0 },
  { type: 'Update', name: 'replaced', content: whole('replaced'), order: 1 },
];

const at = (name: string): ObjectRef => configMap(namespace, name);
const dataOf = async (name: string): Promise<unknown> => (await find(cluster.admin, at(name)))?.['data'];
const strangerWrites = (name: string, data: Record<string, string>): Promise<unknown> =>
  cluster.admin.patch(at(name), { type: 'merge', patch: { data } }, { fieldManager: 'stranger' });
const enforced = (): Promise<void> => eventually('locks are enforced', async () => (await operator.ready()).text.includes('[+] locks ok'));

/** Runs something while the configuration is gone and cannot be restored. */
async function unenforced(meanwhile: () => Promise<unknown>): Promise<void> {
  const rearm = await disarm(cluster.admin);
  await removeLocks(cluster.admin, at('patched'));
  await meanwhile();
  await rearm();
}

async function eventsOf(transaction: Transaction): Promise<readonly string[]> {
  const { items } = await cluster.admin.list(EVENTS, {
    namespace,
    fieldSelector: `involvedObject.name=${transaction.metadata.name ?? ''}`,
  });
  return items.map((event) => `${String(event['reason'])}: ${String(event['message'])}`);
}

/** Lets a transaction go on, and waits until it has come to rest. */
async function resting(held: Held): Promise<Transaction> {
  const failed = inPhase(cluster.admin, held.transaction, 'Failed');
  return Promise.race([held.release(), failed]);
}

async function expectCommitted(done: Transaction): Promise<void> {
  expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
  expect(await Promise.all(['patched', 'made', 'replaced'].map(dataOf))).toEqual([{ a: '2', b: '1' }, { a: '2' }, { a: '2' }]);
  for (const name of ['patched', 'made', 'replaced']) expect((await cluster.admin.get(at(name))).metadata.labels).toBeUndefined();
}

async function expectRestored(...names: readonly string[]): Promise<void> {
  for (const name of names) expect(plain(await cluster.admin.get(at(name)))).toEqual(plain(before.get(name) as KubeObject));
}

describe('while the webhook configuration is gone and cannot be restored', () => {
  test('a transaction that is sealed waits and touches nothing, and commits once it is back', async () => {
    const { admin } = cluster;
    const transaction = await draft(admin, namespace, CHANGES);
    await unenforced(async () => {
      await seal(admin, transaction);
      await eventually('it says why it waits', async () =>
        (await eventsOf(transaction)).some((event) => /^EnforcementLost: waiting, nothing is touched: .*it was deleted/.test(event)),
      );
      const { status, text } = await operator.ready();
      expect([status, text]).toEqual([
        503,
        expect.stringMatching(/\[-\] locks failed: .*it was deleted.*could not be restored: .*forbidden/),
      ]);
      expect(await operator.metrics()).toContain('janus_locks_enforced 0');
      await expectRestored('patched', 'replaced');
      expect(await dataOf('made')).toBeUndefined();
      const records = await admin.list(SECRETS, {
        namespace: 'janus-system',
        labelSelector: `tx.janus.io/record-of=${transaction.metadata.uid ?? ''}`,
      });
      expect(records.items).toEqual([]);
      expect((await admin.get<Transaction>(refOf(transaction))).status?.phase ?? 'Pending').toBe('Pending');
    });
    await expectCommitted(await ended(admin, transaction));
    expect(await operator.metrics()).toContain('janus_locks_enforced 1');
  });

  test('a transaction in the middle neither goes on nor fails, and commits once it is back, when nobody wrote', async () => {
    const held = await hold(cluster.admin, namespace, CHANGES);
    await unenforced(async () => {
      await eventually('readyz says what is locked', async () =>
        (await operator.ready()).text.includes(
          `4 objects of 1 open transaction (${namespace}/${held.transaction.metadata.name ?? ''}) may be locked`,
        ),
      );
      expect(await dataOf('replaced')).toEqual({ a: '1', b: '1' });
    });
    await enforced();
    expect(await isRefused(cluster.admin, at('replaced'))).toBe(true);
    await expectCommitted(await resting(held));
  });

  test.each([
    ['what it had changed', 'patched', { a: 'theirs' }, 'Failed'],
    ['what it had made', 'made', { a: 'theirs' }, 'Failed'],
    // Nothing of it was written yet, so there is nothing to undo.
    ['what it was about to change', 'replaced', { b: 'theirs' }, 'RolledBack'],
  ])('a write by somebody else to %s is found: it stays, is named, and the rest is undone', async (_what, name, data, phase) => {
    const held = await hold(cluster.admin, namespace, CHANGES);
    await unenforced(() => strangerWrites(name, data));
    await enforced();
    const done = await resting(held);
    expect([done.status?.phase, JSON.stringify(done.status?.conditions)]).toEqual([
      phase,
      expect.stringContaining(`ConfigMap ${namespace}/${name} was changed`),
    ]);
    expect(await dataOf(name)).toMatchObject(data);
    expect((await cluster.admin.get(at(name))).metadata.labels).toBeUndefined();
    await expectRestored(...['patched', 'replaced'].filter((one) => one !== name));
    if (name !== 'made') expect(await dataOf('made')).toBeUndefined();
  });

  test('a write to other fields than it locks is nobody’s fault', async () => {
    const held = await hold(cluster.admin, namespace, CHANGES);
    await unenforced(() => strangerWrites('patched', { c: 'theirs' }));
    await enforced();
    const done = await resting(held);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    expect(await dataOf('patched')).toEqual({ a: '2', b: '1', c: 'theirs' });
  });

  test('a lock that somebody took off is not put on again', async () => {
    const held = await hold(cluster.admin, namespace, CHANGES);
    await unenforced(() =>
      cluster.admin.patch(at('replaced'), { type: 'merge', patch: { metadata: { labels: null }, data: { a: 'theirs' } } }),
    );
    await enforced();
    const done = await resting(held);
    expect([done.status?.phase, JSON.stringify(done.status?.conditions)]).toEqual(['RolledBack', expect.stringContaining('lost its lock')]);
    expect(await dataOf('replaced')).toEqual({ a: 'theirs', b: '1' });
    await expectRestored('patched');
  });

  test('an object that somebody deleted is not made anew', async () => {
    const held = await hold(cluster.admin, namespace, CHANGES);
    await unenforced(() => cluster.admin.delete(at('replaced')));
    await enforced();
    const done = await resting(held);
    expect([done.status?.phase, JSON.stringify(done.status?.conditions)]).toEqual([
      'Failed',
      expect.stringContaining('was deleted by somebody else while locks were not enforced'),
    ]);
    expect(await find(cluster.admin, at('replaced'))).toBeUndefined();
    await expectRestored('patched');
  });
});

describe('a configuration that was removed while no Janus ran', () => {
  test('is found missing at the start: what is locked is looked at, and if nobody wrote the transaction commits', async () => {
    const held = await hold(cluster.admin, namespace, CHANGES);
    await operator.crash();
    await removeLocks(cluster.admin, at('patched')).catch(() => undefined);
    operator = await cluster.start();
    expect((await operator.ready()).text).toContain(
      `[!] locks: ValidatingWebhookConfiguration janus: there was none when this process started`,
    );
    await expectCommitted(await resting(held));
    expect((await operator.ready()).text).toContain('[+] locks ok');
  });

  test('lets nobody’s write be lost: it stays and is named', async () => {
    const held = await hold(cluster.admin, namespace, CHANGES);
    await operator.crash();
    await cluster.admin.delete(LOCKS);
    await eventually('a stranger can write', () =>
      strangerWrites('patched', { a: 'theirs' }).then(
        () => true,
        () => false,
      ),
    );
    operator = await cluster.start();
    const done = await resting(held);
    expect([done.status?.phase, JSON.stringify(done.status?.conditions)]).toEqual([
      'Failed',
      expect.stringContaining(`ConfigMap ${namespace}/patched may have been changed while locks were not enforced`),
    ]);
    expect(await dataOf('patched')).toEqual({ a: 'theirs', b: '1' });
    await expectRestored('replaced');
    expect(await dataOf('made')).toBeUndefined();
  });

  test('is no doubt where it was there all the while', async () => {
    const held = await hold(cluster.admin, namespace, CHANGES);
    await operator.crash();
    operator = await cluster.start();
    expect((await operator.ready()).text).toContain('[+] locks ok');
    await expectCommitted(await resting(held));
    expect((await eventsOf(held.transaction)).filter((event) => event.startsWith('EnforcementLost'))).toEqual([]);
  });
});
