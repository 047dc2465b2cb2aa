import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import { SERVICE_ACCOUNTS } from '../../src/kube/well-known.ts';
import { NotInstalledError } from '../../src/operator/requirements.ts';
import { holderOf, type Lease } from '../../src/kube/lease/lease.ts';
import { VALIDATING } from '../../src/admission/registration.ts';
import { LEADER } from '../janus/leases.ts';
import { hold } from '../janus/holding.ts';
import { inCluster, installDefinitions, installRights, ownKubeconfig } from '../janus/installed.ts';
import { at } from '../janus/objects.ts';
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

/** Rights count a moment after they are written. */
async function eventuallyStarted(begin: () => Promise<Operator>): Promise<Operator> {
  for (;;) {
    try {
      return await begin();
    } catch (error) {
      if (!(error instanceof NotInstalledError)) throw error;
    }
  }
}

async function tokenOf(admin: KubeClient, namespace: string, name: string): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  return (await admin.raw<{ readonly status: { readonly token: string } }>('POST', path, body)).status.token;
}

/** By whatever certificate: which one it is, is tested elsewhere. */
async function scrape(url: string, token?: string): Promise<{ readonly status: number; readonly body: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const asked = get(url, { headers, rejectUnauthorized: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

/** Gives the ServiceAccount "scraper" what a Prometheus has. */
async function letScrape(admin: KubeClient, namespace: string): Promise<void> {
  const kind = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: false };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: 'scraper' };
  const roleRef = { apiGroup: kind.group, kind: 'ClusterRole', name: 'scraper' };
  const roles = { ...kind, kind: 'ClusterRole', resource: 'clusterroles' };
  const bindings = { ...kind, kind: 'ClusterRoleBinding', resource: 'clusterrolebindings' };
  await admin.create(
    { kind: roles, name: 'scraper' },
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata,
      rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
    },
  );
  const subjects = [{ kind: 'ServiceAccount', name: 'scraper', namespace }];
  await admin.create(
    { kind: bindings, name: 'scraper' },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef,
      subjects,
    },
  );
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

  test('shows its metrics by HTTPS to whoever may get them, where a token is asked for', async () => {
    const { admin } = cluster;
    await installRights(cluster, 'janus-system', { metricsAuth: 'token' });
    const options = { ...(await inCluster(cluster)), metricsAuth: 'token' } as const;
    const operator = await eventuallyStarted(() => cluster.start({ options, drainDelayMs: 0 }));
    operators.push(operator);
    const namespace = await makeNamespace(admin);
    await admin.create(at(SERVICE_ACCOUNTS, namespace, 'scraper'), {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'scraper' },
    });
    const token = await tokenOf(admin, namespace, 'scraper');
    const url = /metrics (https:\S+\/metrics)/.exec(operator.words)?.[1] ?? '';
    expect(await scrape(url)).toEqual({ status: 401, body: expect.stringContaining('Authorization: Bearer TOKEN') as string });
    expect(await scrape(url, 'nonsense')).toEqual({ status: 401, body: expect.stringContaining('does not know this token') as string });
    const user = `system:serviceaccount:${namespace}:scraper`;
    expect(await scrape(url, token)).toEqual({ status: 403, body: expect.stringContaining(`"${user}" may not get`) as string });
    await letScrape(admin, namespace);
    // An answer is good for ten seconds.
    await expect
      .poll(() => scrape(url, token), { timeout: 120_000, interval: 500 })
      .toMatchObject({ status: 200, body: expect.stringContaining('janus_leader 1') as string });
  });

  test('does not run beside another one in another namespace that does, and names it', async () => {
    const first = await start();
    await installRights(cluster, 'janus-too');
    const options = await inCluster(cluster, 'janus-too');
    const second = cluster.start({ options });
    await expect(second).rejects.toThrow(
      `Janus cannot run in namespace janus-too, since it is installed in namespace janus-system already and runs there (${first.identity} leads)`,
    );
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
      .toContain('it may not get, list, watch, patch, delete transactions.tx.janus.io in the cluster (ClusterRole janus)');
    expect(await words()).toContain('it may not impersonate userextras/tx.janus.io/grant.authentication.k8s.io in the cluster');
    expect(await words()).not.toContain('secrets');
  });
});
