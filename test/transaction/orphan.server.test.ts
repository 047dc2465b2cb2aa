import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDiscovery } from '../../src/kube/discovery.ts';
import { grantKeys } from '../../src/operator/grant-keys.ts';
import { sagaContext } from '../../src/operator/saga-context.ts';
import { tuningFrom } from '../../src/operator/tuning.ts';
import type { SagaContext } from '../../src/transaction/context.ts';
import { sweep } from '../../src/transaction/sweep.ts';
import { ALWAYS_ENFORCED } from '../janus/always-enforced.ts';
import { hold } from '../janus/holding.ts';
import { NO_GUARDS } from '../janus/no-guards.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, makeConfigMap, makeNamespace } from '../janus/transacting.ts';

let cluster: Cluster;
let namespace: string;
beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

/** What a second executor has, whose watch is far behind: beside the one that leads. */
async function bystander(): Promise<SagaContext> {
  const { admin, transport } = cluster;
  const tuning = tuningFrom({});
  const keys = await grantKeys(admin, 'janus-system', tuning.grantLifeSeconds, () => undefined);
  keys.stop();
  return sagaContext(
    admin,
    createDiscovery(transport),
    keys,
    tuning,
    'janus-system',
    NO_GUARDS,
    Date.now,
    () => undefined,
    ALWAYS_ENFORCED,
    () => undefined,
  );
}

describe('a record whose Transaction a watch does not know', () => {
  test('is left to whoever leads it, as long as the API server knows the Transaction', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'held', { a: '1' });
    const held = await hold(admin, namespace, [{ type: 'Patch', name: 'held', content: { data: { a: '2' } }, order: 0 }]);
    const applied = await admin.get(configMap(namespace, 'held'));
    const problems: unknown[] = [];
    const broken = await sweep(
      await bystander(),
      () => undefined,
      (error) => problems.push(error),
    );
    expect({ broken, problems }).toEqual({ broken: [], problems: [] });
    expect(await admin.get(configMap(namespace, 'held'))).toEqual(applied);
    const done = await held.release();
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    expect((await admin.get(configMap(namespace, 'held')))['data']).toEqual({ a: '2' });
  });
});
