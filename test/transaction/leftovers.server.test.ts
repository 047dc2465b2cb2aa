import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Transaction } from '../../src/api/transaction.ts';
import { loadClusterConfig } from '../../src/kube/config.ts';
import { createDiscovery } from '../../src/kube/discovery.ts';
import { createRestClient } from '../../src/kube/rest-client.ts';
import { createTransport } from '../../src/kube/transport.ts';
import { creationLabelFor, LOCK_LABEL, lockLabelFor } from '../../src/lock/label.ts';
import { grantKeys } from '../../src/operator/grant-keys.ts';
import { ownAccountOf } from '../../src/operator/identity.ts';
import { sagaContext } from '../../src/operator/saga-context.ts';
import { tuningFrom } from '../../src/operator/tuning.ts';
import { fieldManagerOf } from '../../src/transaction/field-manager.ts';
import type { SagaEvent } from '../../src/transaction/saga-event.ts';
import { sweep } from '../../src/transaction/sweep.ts';
import { ALWAYS_ENFORCED } from '../janus/always-enforced.ts';
import { NO_GUARDS } from '../janus/no-guards.ts';
import { grant, type Rights } from '../janus/rights.ts';
import { doomed } from '../janus/rolling-back.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, find, makeConfigMap, makeNamespace, makeServiceAccount, transact, type Change } from '../janus/transacting.ts';

let cluster: Cluster;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const patched = (name: string): Change => ({ type: 'Patch', name, content: { data: { a: '2' } } });
const created = (name: string): Change => ({
  type: 'Create',
  name,
  content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } },
});

/** What was looked at and done by one look at all records, an hour from now, as Janus: nobody else may write records. */
async function sweptLater(): Promise<{ readonly told: readonly string[]; readonly looked: readonly string[] }> {
  const { admin, controlPlane } = cluster;
  const told: string[] = [];
  const looked: string[] = [];
  const problems: unknown[] = [];
  const tuning = tuningFrom({});
  const config = await loadClusterConfig({ kubeconfig: controlPlane.kubeconfig });
  const transport = createTransport(ownAccountOf(config, admin, 'janus-system'), {
    intercept: (request, send) => {
      if (request.label.resource === 'configmaps') looked.push(request.label.verb);
      return send(request);
    },
  });
  const client = createRestClient(transport);
  const keys = await grantKeys(client, 'janus-system', tuning.grantLifeSeconds, () => undefined);
  keys.stop();
  const emit = (event: SagaEvent): void => {
    if (event.type === 'lock') told.push(`${event.operation} ${event.object} ${event.result}`);
  };
  const context = sagaContext(
    client,
    createDiscovery(transport),
    keys,
    tuning,
    'janus-system',
    NO_GUARDS,
    () => Date.now() + 3_600_000,
    () => undefined,
    ALWAYS_ENFORCED,
    emit,
  );
  await sweep(
    context,
    () => ({}) as Transaction,
    (error) => problems.push(error),
  );
  await transport.close();
  expect(problems).toEqual([]);
  return { told: told.sort(), looked };
}

/** Puts on what a write would leave that was under way at the end: while nobody guards, anybody can. */
async function lateLabel(transaction: Transaction, name: string): Promise<void> {
  const { uid = '' } = (await cluster.admin.get(configMap(namespace, name))).metadata;
  const labels = { [LOCK_LABEL]: lockLabelFor(transaction.metadata.uid ?? '', 1, uid) };
  await cluster.admin.patch(configMap(namespace, name), { type: 'merge', patch: { metadata: { labels } } });
}

async function lateCreate(transaction: Transaction, name: string): Promise<void> {
  const { name: owner = '', uid = '' } = transaction.metadata;
  const place = { group: '', resource: 'configmaps', namespace, name };
  const metadata = { name, namespace, labels: { [LOCK_LABEL]: creationLabelFor(uid, 1, place) } };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '2' } };
  await cluster.admin.apply(configMap(namespace, name), object, { fieldManager: fieldManagerOf({ name: owner, uid }, 0), force: true });
}

const labelOf = async (name: string): Promise<string | undefined> =>
  (await cluster.admin.get(configMap(namespace, name))).metadata.labels?.[LOCK_LABEL];

test('what late writes of an ended transaction have left is found by its record, and cleaned up once', async () => {
  const { admin } = cluster;
  const account = { namespace, name: 'lesser' };
  const rights: Rights = { configmaps: ['get', 'patch'] };
  await makeServiceAccount(admin, namespace, account.name);
  await grant(admin, account, namespace, rights);
  for (const name of ['one', 'two', 'three', 'listless']) await makeConfigMap(admin, namespace, name, { a: '1' });

  const first = await cluster.start();
  const committed = await transact(admin, namespace, [patched('one'), created('made')]);
  const rolledBack = await transact(admin, namespace, [patched('two'), created('late'), ...doomed()]);
  const listless = await transact(admin, namespace, [patched('listless')], { serviceAccountName: 'lesser' });
  expect([committed, rolledBack, listless].map(({ status }) => status?.phase)).toEqual(['Committed', 'RolledBack', 'Committed']);
  await first.stop();
  await lateLabel(committed, 'one');
  await lateCreate(committed, 'made');
  await lateLabel(rolledBack, 'two');
  await lateCreate(rolledBack, 'late');
  await lateLabel(listless, 'listless');
  // Of no record that there is: Janus cannot find it, since it has no right to look; "janus locks" can.
  await lateLabel({ ...committed, metadata: { ...committed.metadata, uid: '00000000-0000-4000-8000-000000000000' } }, 'three');
  await cluster.start();

  expect((await sweptLater()).told).toEqual([
    `release ConfigMap ${namespace}/late ok`,
    `release ConfigMap ${namespace}/listless ok`,
    `release ConfigMap ${namespace}/made ok`,
    `release ConfigMap ${namespace}/one ok`,
    `release ConfigMap ${namespace}/two ok`,
  ]);
  expect([await labelOf('one'), await labelOf('made'), await labelOf('two'), await labelOf('listless')]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(await find(admin, configMap(namespace, 'late'))).toBeUndefined();
  expect((await admin.get(configMap(namespace, 'made')))['data']).toEqual({ a: '2' });
  expect(await labelOf('three')).toBeDefined();
  expect(await sweptLater()).toEqual({ told: [], looked: [] });
});
