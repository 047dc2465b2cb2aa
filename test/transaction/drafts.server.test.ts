import { afterAll, beforeAll, expect, test } from 'vitest';
import { API_VERSION, DRAFT_FOR_ANNOTATION } from '../../src/api/group.ts';
import { TRANSACTIONS } from '../../src/transaction/kinds.ts';
import { eventually } from '../janus/objects.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { draft, find, makeNamespace } from '../janus/transacting.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await bootCluster();
});
afterAll(() => cluster?.stop());

test('what a dead command left unsealed is removed by the next look of the operator, and nothing else', async () => {
  const { admin } = cluster;
  const first = await cluster.start();
  const namespace = await makeNamespace(admin);
  const at = (name: string) => ({ kind: TRANSACTIONS, namespace, name });
  const make = async (name: string, annotations: Readonly<Record<string, string>>): Promise<void> => {
    const metadata = { name, namespace, annotations };
    await admin.create(at(name), { apiVersion: API_VERSION, kind: 'Transaction', metadata, spec: { serviceAccountName: 'deployer' } });
  };
  await make('stale', { [DRAFT_FOR_ANNOTATION]: '1ms' });
  await make('young', { [DRAFT_FOR_ANNOTATION]: '1000h' });
  const byHand = await draft(admin, namespace, []);
  await first.crash();
  await cluster.start();
  await eventually('the stale draft is gone', async () => (await find(admin, at('stale'))) === undefined);
  expect(await find(admin, at('young'))).toBeDefined();
  expect(await find(admin, at(byHand.metadata.name ?? ''))).toBeDefined();
});
