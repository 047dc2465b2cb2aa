import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SECRETS } from '../../src/kube/well-known.ts';
import { recordName, storedFrom } from '../../src/transaction/record-store.ts';
import { hold } from '../janus/holding.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import { configMap, makeConfigMap, makeNamespace, transact, type Change } from '../janus/transacting.ts';

const HOUR = 3_600_000;
const CHANGES: readonly Change[] = [{ type: 'Patch', name: 'held', content: { data: { a: '2' } } }];

let cluster: Cluster;
const operators: Operator[] = [];
const start = async (clockOffMs: number): Promise<Operator> => {
  const operator = await cluster.start({ clockOffMs });
  operators.push(operator);
  return operator;
};

beforeAll(async () => {
  cluster = await bootCluster();
});
afterEach(async () => {
  for (const operator of operators.splice(0)) await operator.crash();
});
afterAll(() => cluster?.stop());

async function scene(): Promise<string> {
  const namespace = await makeNamespace(cluster.admin);
  await makeConfigMap(cluster.admin, namespace, 'held', { a: '1' });
  return namespace;
}

describe('a deadline is told by the clock of the API server', () => {
  test.each([
    ['ahead of', HOUR],
    ['behind', -HOUR],
  ])('so a successor whose own is an hour %s it goes on with an open transaction', async (_where, clockOffMs) => {
    const namespace = await scene();
    const first = await start(0);
    const held = await hold(cluster.admin, namespace, CHANGES, { timeout: '10m' });
    await first.crash();
    await start(clockOffMs);
    const done = await held.release();
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    expect((await cluster.admin.get(configMap(namespace, 'held')))['data']).toEqual({ a: '2' });
  });

  test('and what is written down is its time, whatever the own clock says', async () => {
    const namespace = await scene();
    await start(HOUR);
    const held = await hold(cluster.admin, namespace, CHANGES, { timeout: '10m' });
    const { uid = '' } = held.transaction.metadata;
    const { record } = storedFrom(await cluster.admin.get({ kind: SECRETS, namespace: 'janus-system', name: recordName(uid) }));
    expect(Math.abs(Date.parse(record.lockedSince) - Date.now())).toBeLessThan(HOUR / 2);
    expect((await held.release()).status?.phase).toBe('Committed');
  });
});

test('a replica lets the grants of another pass whose clock is hours away', async () => {
  const namespace = await scene();
  const leader = await start(HOUR);
  // It registers last, and so answers all reviews.
  const other = await start(-HOUR);
  expect([leader.leading(), other.leading()]).toEqual([true, false]);
  const done = await transact(cluster.admin, namespace, CHANGES);
  expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
  expect(await other.metrics()).toContain('janus_webhook_decisions_total');
});
