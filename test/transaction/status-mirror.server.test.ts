import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Transaction } from '../../src/api/transaction.ts';
import { StatusMirror } from '../../src/transaction/status-mirror.ts';
import type { Told } from '../../src/transaction/status.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { draft, makeNamespace, refOf } from '../janus/transacting.ts';

let cluster: Cluster;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  // Installs the resources; without its webhooks the test may write what only Janus may.
  await (await cluster.start()).stop();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const told = (phase: Told['phase']): Told => ({ phase, items: [], holder: 'dana' });
const mirrorOf = (transaction: Transaction): StatusMirror => new StatusMirror(cluster.admin, transaction, Date.now, () => undefined);
const phaseOf = async (transaction: Transaction): Promise<string | undefined> =>
  (await cluster.admin.get<Transaction>(refOf(transaction))).status?.phase;

test('a mirror tells the latest that it was told, and is not behind', async () => {
  const transaction = await draft(cluster.admin, namespace, []);
  const mirror = mirrorOf(transaction);
  mirror.tell(told('Preparing'));
  mirror.tell(told('Committing'));
  await mirror.flush();
  expect(await phaseOf(transaction)).toBe('Committing');
  expect(mirror.behind).toBe(false);
});

test('a mirror whose Transaction another executor has written overwrites nothing, says that it is behind, and never hangs', async () => {
  const transaction = await draft(cluster.admin, namespace, []);
  const late = mirrorOf(transaction);
  const mirror = mirrorOf(transaction);
  late.tell(told('Committing'));
  await late.flush();
  mirror.tell(told('Committed'));
  await mirror.flush();
  expect(mirror.behind).toBe(true);
  // What comes after that is told to nobody either.
  mirror.tell(told('Committed'));
  await mirror.flush();
  expect(await phaseOf(transaction)).toBe('Committing');
});

test('a mirror that only met somebody’s annotation writes again', async () => {
  const transaction = await draft(cluster.admin, namespace, []);
  const mirror = mirrorOf(transaction);
  await cluster.admin.patch(refOf(transaction), { type: 'merge', patch: { metadata: { annotations: { note: 'mine' } } } });
  mirror.tell(told('Committed'));
  await mirror.flush();
  expect(await phaseOf(transaction)).toBe('Committed');
  expect(mirror.behind).toBe(false);
});
