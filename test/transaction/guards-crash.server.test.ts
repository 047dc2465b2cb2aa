import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  GUARDS_CONFIGURATION_NAME,
  guardWebhook,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
  webhooksOf,
} from '../../src/admission/guard/configuration.ts';
import type { ObjectRef } from '../../src/kube/object.ts';
import { guardEntries } from '../../src/lock/guard/entries.ts';
import { expectLocked, refusalOf } from '../lock/refusals.ts';
import { hold } from '../janus/holding.ts';
import { complete, eventually } from '../janus/objects.ts';
import { bootCluster, type Cluster, type Fault, type Operator } from '../janus/running.ts';
import { type Change, configMap, draft, ended, find, makeConfigMap, makeNamespace, seal } from '../janus/transacting.ts';

const GUARDS: ObjectRef = { kind: VALIDATING_WEBHOOK_CONFIGURATIONS, name: GUARDS_CONFIGURATION_NAME };
/** Settings under which a Create whose answer was lost need not be waited for long. */
const ENV = { JANUS_REQUEST_TIMEOUT_MS: '2000', JANUS_GRANT_LIFE_SECONDS: '1' };

let cluster: Cluster;
let operator: Operator | undefined;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  operator = await cluster.start({ env: ENV });
  namespace = await makeNamespace(cluster.admin);
  await operator.stop();
});
afterEach(async () => {
  await operator?.crash();
  operator = undefined;
});
afterAll(() => cluster?.stop());

const create = (name: string): Promise<unknown> =>
  cluster.admin.create(configMap(namespace, name), complete(configMap(namespace, name), {}));
const making = (name: string): Change => ({ type: 'Create', name, content: { data: { a: '1' } } });

async function guards(): Promise<readonly string[] | undefined> {
  const found = await find(cluster.admin, GUARDS);
  return found === undefined ? undefined : webhooksOf(found).map(({ name }) => name);
}

test('the names of a dead process stay taken, strangers are not bothered, and the next process answers for them', async () => {
  const { admin } = cluster;
  operator = await cluster.start({ env: ENV });
  await makeConfigMap(admin, namespace, 'deleted', { a: '1' });
  const held = await hold(admin, namespace, [making('planned'), { type: 'Delete', name: 'deleted', order: 0 }]);
  await eventually('it is deleted', async () => (await find(admin, configMap(namespace, 'deleted'))) === undefined);
  await operator.crash();
  for (const name of ['planned', 'deleted']) expect((await refusalOf(create(name))).message).toContain('.guards.tx.janus.io');
  await create('unrelated-while-down');
  operator = await cluster.start({ env: ENV });
  for (const name of ['planned', 'deleted'])
    await eventually('the next process answers', async () => (await refusalOf(create(name))).code === 423);
  expect((await held.release()).status?.phase).toBe('Committed');
  expect(await guards()).toEqual([]);
  await create('deleted');
});

test('a process that dies between the commit and the end of its guards leaves nothing that lasts', async () => {
  const { admin } = cluster;
  const writes: Fault = (request, send) => {
    const isWrite = request.label.name === GUARDS_CONFIGURATION_NAME && request.label.verb !== 'get';
    written += isWrite ? 1 : 0;
    return isWrite && written > 1 ? new Promise(() => undefined) : send(request);
  };
  let written = 0;
  operator = await cluster.start({ fault: writes, env: ENV });
  const transaction = await draft(admin, namespace, [making('committed')]);
  await seal(admin, transaction);
  await eventually('its guards are about to go', () => Promise.resolve(written > 1));
  await operator.crash();
  expect(await guards()).toHaveLength(2);
  operator = await cluster.start({ env: ENV });
  expect((await ended(admin, transaction)).status?.phase).toBe('Committed');
  await eventually('its guards are gone', async () => (await guards())?.length === 0);
});

test('guards of a transaction that nobody knows are found and removed', async () => {
  const { admin } = cluster;
  operator = await cluster.start({ env: ENV });
  await operator.crash();
  const reach = { endpoint: { url: 'https://127.0.0.1:1' } };
  const need = { way: 'name', group: '', resource: 'configmaps', namespace, name: 'forgotten' } as const;
  const stale = guardEntries({ transaction: '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b', attempt: 7 }, [need]);
  const current = await admin.get(GUARDS);
  await admin.update(GUARDS, { ...current, webhooks: stale.map((entry) => guardWebhook(entry, reach)) });
  const forgotten = configMap(namespace, 'forgotten');
  await eventually('it is in the way', () =>
    admin.create(forgotten, complete(forgotten, {}), { dryRun: true }).then(
      () => false,
      (error: unknown) => String(error).includes('.guards.tx.janus.io'),
    ),
  );
  operator = await cluster.start({ env: ENV });
  await eventually('they are removed', async () => (await guards())?.length === 0);
  await eventually('the name is free', () =>
    create('forgotten').then(
      () => true,
      () => false,
    ),
  );
});

test('a process that stops takes its configuration along, unless a transaction is open', async () => {
  const { admin } = cluster;
  operator = await cluster.start({ env: { ...ENV, JANUS_GRACE_MS: '1' } });
  const held = await hold(admin, namespace, [making('left')]);
  expect(await operator.stop()).toContain('left its webhooks registered');
  expect(await guards()).toHaveLength(2);
  operator = await cluster.start({ env: ENV });
  await eventually('the next process answers', async () => (await refusalOf(create('left'))).code === 423);
  await expectLocked(create('left'));
  await held.release();
  await operator.stop();
  operator = undefined;
  expect(await guards()).toBeUndefined();
});
