import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { VALIDATING } from '../../src/admission/registration.ts';
import { LEASES } from '../../src/kube/lease/lease.ts';
import { SECRETS } from '../../src/kube/well-known.ts';
import { TRANSACTIONS } from '../../src/transaction/kinds.ts';
import { runJanus, type Ended } from '../cli/janus.ts';
import { hold } from '../janus/holding.ts';
import { inCluster, installDefinitions, installRights, ownKubeconfig } from '../janus/installed.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import { configMap, find, makeConfigMap, makeNamespace } from '../janus/transacting.ts';

/** So that a crashed replica is soon known to be gone. */
const ELECTION = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 };

let cluster: Cluster;
const operators: Operator[] = [];
beforeAll(async () => {
  cluster = await bootCluster();
  await installRights(cluster);
  await installDefinitions(cluster);
});
afterEach(async () => {
  for (const operator of operators.splice(0)) await operator.crash();
});
afterAll(() => cluster?.stop());

async function start(): Promise<Operator> {
  const operator = await cluster.start({ options: await inCluster(cluster), drainDelayMs: 0, election: ELECTION });
  operators.push(operator);
  return operator;
}

async function remove(...flags: readonly string[]): Promise<Ended> {
  return runJanus(['operator', 'remove', ...flags], { env: { KUBECONFIG: await ownKubeconfig(cluster) } });
}

/** What Janus has made and is still there: names. */
async function left(): Promise<readonly string[]> {
  const { admin } = cluster;
  const [secrets, leases] = await Promise.all([SECRETS, LEASES].map((kind) => admin.list(kind, { namespace: 'janus-system' })));
  const configurations = [await find(admin, VALIDATING), await find(admin, { ...VALIDATING, name: 'janus-guards' })];
  const ours = (secrets?.items ?? []).filter((secret) => String(secret['type']).startsWith('tx.janus.io/'));
  return [...ours, ...(leases?.items ?? []), ...configurations.flatMap((one) => one ?? [])]
    .map(({ metadata }) => metadata.name ?? '')
    .sort();
}

const finalizersLeft = async (): Promise<readonly string[]> =>
  (await cluster.admin.list(TRANSACTIONS)).items.flatMap(({ metadata }) => metadata.finalizers ?? []);

describe('janus operator remove', () => {
  test('refuses, with names, while a transaction is open, and changes nothing', async () => {
    const { admin } = cluster;
    await start();
    const namespace = await makeNamespace(admin);
    await makeConfigMap(admin, namespace, 'held', { a: '1' });
    const held = await hold(admin, namespace, [{ type: 'Patch', name: 'held', content: { data: { a: '2' } } }]);
    const refused = await remove();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`a transaction is open: ${namespace}/${held.transaction.metadata.name ?? ''} (Committing)`);
    expect(await left()).toEqual(expect.arrayContaining(['janus', 'janus-grant-keys', 'janus-webhook-certificate']));
    expect((await held.release()).status?.phase).toBe('Committed');
  });

  test('rolls back what is open if told to, and leaves nothing that a replica would restore', async () => {
    const { admin } = cluster;
    const operator = await start();
    const namespace = await makeNamespace(admin);
    await makeConfigMap(admin, namespace, 'held', { a: '1' });
    const held = await hold(admin, namespace, [{ type: 'Patch', name: 'held', content: { data: { a: '2' } } }]);
    const { name = '' } = held.transaction.metadata;
    const ref = { kind: TRANSACTIONS, namespace, name };
    const removed = await remove('--rollback-open');
    expect([removed.code, removed.stderr]).toEqual([0, expect.stringContaining(`${namespace}/${name}`)]);
    expect((await admin.get(ref))['status']).toMatchObject({ phase: 'RolledBack' });
    const object = await admin.get(configMap(namespace, 'held'));
    expect([object['data'], object.metadata.labels?.['tx.janus.io/lock']]).toEqual([{ a: '1' }, undefined]);
    // It runs on until its Deployment is deleted, and must not bring anything back.
    expect(await left()).toEqual(['janus-removal']);
    expect(await finalizersLeft()).toEqual([]);

    const late = start();
    let begun = false;
    void late.then(() => (begun = true));
    operators.splice(operators.indexOf(operator), 1);
    expect(begun).toBe(false);
    expect(await operator.stop()).toBe('Janus has stopped, and is removed.');
    // The mark is gone with the last one: whoever waited for that installs itself anew.
    await late;
    expect(await left()).toEqual(expect.arrayContaining(['janus', 'janus-grant-keys']));
  });

  test('takes away what replicas that are gone have left, mark included', async () => {
    const operator = await start();
    operators.pop();
    await operator.crash('left');
    expect((await remove()).code).toBe(0);
    expect(await left()).toEqual([]);
  });
});
