import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isApiError } from '../../src/kube/errors.ts';
import { holderOf, type Lease } from '../../src/kube/lease/lease.ts';
import { VALIDATING } from '../../src/admission/registration.ts';
import { LEADER } from '../janus/leases.ts';
import { hold } from '../janus/holding.ts';
import { inCluster, installDefinitions, installRights, ownKubeconfig } from '../janus/installed.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import { configMap, find, makeConfigMap, makeNamespace } from '../janus/transacting.ts';
import { runJanus } from '../cli/janus.ts';

let cluster: Cluster;
const operators: Operator[] = [];
beforeAll(async () => {
  cluster = await bootCluster();
});
afterEach(async () => {
  for (const operator of operators.splice(0)) await operator.crash();
});
afterAll(() => cluster?.stop());

/** What `janus operator check` says and ends with. */
async function check(kubeconfig: string): Promise<{ readonly code: number | null; readonly words: string }> {
  const { code, stdout, stderr } = await runJanus(['operator', 'check'], { env: { KUBECONFIG: kubeconfig } });
  return { code, words: stdout + stderr };
}

async function start(): Promise<Operator> {
  const operator = await cluster.start({ options: await inCluster(cluster), drainDelayMs: 0 });
  operators.push(operator);
  return operator;
}

// In the order in which somebody would install it.
describe('janus operator in a cluster', () => {
  test('installs nothing, and says what is missing: first the definitions', async () => {
    await installRights(cluster);
    const words = 'the API server does not serve transactions, transactions/status, resourcechanges of tx.janus.io/v1alpha1';
    await expect(start()).rejects.toThrow(words);
    const checked = await check(await ownKubeconfig(cluster));
    expect([checked.code, checked.words.includes(words)]).toEqual([1, true]);
  });

  test('then the identity, for whoever is somebody else', async () => {
    await installDefinitions(cluster);
    const checked = await check(cluster.controlPlane.kubeconfig);
    expect(checked.code).toBe(1);
    expect(checked.words).toContain('must be "system:serviceaccount:janus-system:janus"');
  });

  test('runs when all is there, carries transactions out, and leaves its webhooks registered at the end', async () => {
    expect(await check(await ownKubeconfig(cluster))).toEqual({ code: 0, words: 'Janus has what it needs in namespace janus-system.\n' });
    const { admin } = cluster;
    const operator = await start();
    expect((await operator.ready()).status).toBe(200);
    const namespace = await makeNamespace(admin);
    await makeConfigMap(admin, namespace, 'held', { a: '1' });
    const held = await hold(admin, namespace, [{ type: 'Patch', name: 'held', content: { data: { a: '2' } } }]);
    const stranger = admin.patch(configMap(namespace, 'held'), { type: 'merge', patch: { data: { a: '3' } } });
    await expect(stranger).rejects.toSatisfy((error) => isApiError(error, 423));
    expect((await held.release()).status?.phase).toBe('Committed');
    operators.pop();
    expect(await operator.stop()).toContain('left its webhooks registered');
    expect(await find(admin, VALIDATING)).toBeDefined();
    expect(holderOf(await admin.get<Lease>(LEADER))).toBeUndefined();
  });

  test('names every right that its roles lack', async () => {
    const { admin } = cluster;
    const role = {
      kind: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', resource: 'clusterroles', namespaced: false },
      name: 'janus',
    };
    await admin.patch(role, { type: 'json', operations: [{ op: 'replace', path: '/rules', value: [] }] });
    const words = (): Promise<string> =>
      start().then(
        () => 'it runs',
        (error: unknown) => (error instanceof Error ? error.message : ''),
      );
    await expect
      .poll(words, { timeout: 60_000 })
      .toContain('it may not get, list, watch, patch transactions.tx.janus.io in the cluster (ClusterRole janus)');
    expect(await words()).toContain('it may not impersonate userextras/tx.janus.io/grant.authentication.k8s.io in the cluster');
    expect(await words()).not.toContain('secrets');
  });
});
