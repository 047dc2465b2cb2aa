import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCK_LABEL, lockLabelFor } from '../../src/lock/label.ts';
import { hold, type Held } from '../janus/holding.ts';
import { at, eventually } from '../janus/objects.ts';
import { ROLE_BINDINGS, ROLES } from '../janus/rights.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, makeConfigMap, makeNamespace, makeServiceAccount, type Change } from '../janus/transacting.ts';
import { runJanus, type Ended } from './janus.ts';
import { tenantConfig } from './tenant.ts';

let cluster: Cluster;
let namespace: string;
let held: Held;
let tenant: string;

beforeAll(async () => {
  cluster = await bootCluster();
  const { admin } = cluster;
  namespace = await makeNamespace(admin);
  // As a crash leaves them whose record is gone: while nobody guards, labels can be put on.
  for (const name of ['left-1', 'left-2', 'copy']) {
    const made = await makeConfigMap(admin, namespace, name, { a: '1' });
    const uid = name === 'copy' ? randomUUID() : (made.metadata.uid ?? '');
    const labels = { [LOCK_LABEL]: lockLabelFor(randomUUID(), 1, uid) };
    await admin.patch(configMap(namespace, name), { type: 'merge', patch: { metadata: { labels } } });
  }
  await cluster.start();
  for (const name of ['one', 'two']) await makeConfigMap(admin, namespace, name, { a: '1' });
  held = await hold(admin, namespace, [patched('one'), patched('two')]);
  tenant = await makeTenant();
});
afterAll(() => cluster?.stop());

const patched = (name: string): Change => ({ type: 'Patch', name, content: { data: { a: '2' } } });

/** A ServiceAccount that may write ConfigMaps of the namespace and look at Transactions, and nothing else. */
async function makeTenant(): Promise<string> {
  const { admin, controlPlane } = cluster;
  await makeServiceAccount(admin, namespace, 'tenant');
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'tenant' } };
  await admin.create(at(ROLES, namespace, 'tenant'), {
    ...rbac,
    kind: 'Role',
    rules: [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'patch'] },
      { apiGroups: ['tx.janus.io'], resources: ['transactions', 'resourcechanges'], verbs: ['get', 'list'] },
    ],
  });
  await admin.create(at(ROLE_BINDINGS, namespace, 'tenant'), {
    ...rbac,
    kind: 'RoleBinding',
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'tenant' },
    subjects: [{ kind: 'ServiceAccount', name: 'tenant', namespace }],
  });
  const config = await tenantConfig(admin, controlPlane, namespace, 'tenant');
  await eventually(
    'the tenant may read',
    async () => (await runJanus(['locks', '-o', 'name'], { env: { KUBECONFIG: config } })).stdout !== '',
  );
  return config;
}

const janus = (args: readonly string[], as?: string): Promise<Ended> =>
  runJanus([...args, '-n', namespace], { env: { KUBECONFIG: as ?? cluster.controlPlane.kubeconfig, NO_COLOR: '1' } });

const labelOf = async (name: string): Promise<string | undefined> =>
  (await cluster.admin.get(configMap(namespace, name))).metadata.labels?.[LOCK_LABEL];

interface Listed {
  readonly items: readonly { readonly object: { readonly kind: string; readonly name: string }; readonly state: string }[];
  readonly skipped: readonly { readonly kind: string }[];
}

describe('janus locks', () => {
  test('shows everything that is locked, by whom and how far that is, and no copies of labels', async () => {
    const { code, stdout, stderr } = await janus(['locks', '-o', 'json']);
    expect([code, stderr]).toEqual([0, '']);
    const { items, skipped } = JSON.parse(stdout) as Listed;
    expect(skipped).toEqual([]);
    expect(items.map(({ object, state }) => `${object.kind} ${object.name.replace(/^gate-.*/, 'gate')} ${state}`).sort()).toEqual([
      'ConfigMap left-1 Orphaned',
      'ConfigMap left-2 Orphaned',
      'ConfigMap one Held',
      'ConfigMap two Held',
      'Gate gate Held',
    ]);
    const { name = '', uid = '' } = held.transaction.metadata;
    expect(items.find(({ object }) => object.name === 'one')).toMatchObject({
      transaction: { namespace, name, uid },
      phase: 'Committing',
      progress: { committed: 1, total: 3 },
      holder: 'admin',
      since: held.transaction.status?.startedAt,
    });
  });

  test('as a table is for people, and with --void names what holds nothing', async () => {
    const { stdout } = await janus(['locks']);
    const [headings = '', ...rows] = stdout.trimEnd().split('\n');
    expect(headings).toMatch(/^NAMESPACE +OBJECT +STATE +TRANSACTION +PHASE +DONE +HOLDER +SINCE +UNTIL$/);
    expect(rows.find((row) => row.includes('configmap/one'))).toMatch(/Held .* Committing +1\/3 +admin +\d+\w ago +in \d+m$/);
    expect((await janus(['locks', '--void', '-o', 'name'])).stdout.split('\n').sort()).toEqual([
      '',
      'configmap/left-1',
      'configmap/left-2',
    ]);
  });

  test('looks at all kinds of all namespaces', async () => {
    const { items } = JSON.parse((await janus(['locks', '-A', '-o', 'json'])).stdout) as Listed;
    expect(items).toHaveLength(5);
  });

  test('shows a tenant what a tenant may see, and says what it did not look at', async () => {
    const { code, stdout, stderr } = await janus(['locks'], tenant);
    expect(code).toBe(0);
    expect(stdout).toMatch(/configmap\/one +Held +\S+\/txn-/);
    expect(stdout).toMatch(/configmap\/left-1 +Unknown +[0-9a-f-]{36} /);
    expect(stdout).not.toContain('gate');
    expect(stderr).toMatch(/^Warning: not looked at, since you may not list them: .*secrets.*gates\.test\.example\.com.*\.\n$/);
  });
});

describe('janus unlock', () => {
  test('takes a void label off for anybody who may write the object', async () => {
    expect(await janus(['unlock', 'cm/left-1', '--dry-run'], tenant)).toMatchObject({
      code: 0,
      stdout: `ConfigMap ${namespace}/left-1 unlocked (server dry run)\n`,
    });
    expect(await labelOf('left-1')).toBeDefined();
    expect(await janus(['unlock', 'cm/left-1'], tenant)).toEqual({
      code: 0,
      stdout: `ConfigMap ${namespace}/left-1 unlocked\n`,
      stderr: '',
    });
    expect(await labelOf('left-1')).toBeUndefined();
    expect((await janus(['unlock', 'cm/left-1'], tenant)).stdout).toBe(`ConfigMap ${namespace}/left-1 is not locked\n`);
    expect((await janus(['unlock', 'cm/none'], tenant)).stdout).toBe(`ConfigMap ${namespace}/none is not there\n`);
  });

  test('with --void takes off what blocks nobody, and leaves every lock that holds', async () => {
    const { code, stdout } = await janus(['unlock', '--void'], tenant);
    expect([code, stdout]).toEqual([0, `ConfigMap ${namespace}/left-2 unlocked\n`]);
    expect([await labelOf('left-2'), await labelOf('one')]).toEqual([undefined, expect.any(String)]);
  });

  test('does not break a lock that holds, and says who holds it and what would', async () => {
    const { code, stdout, stderr } = await janus(['unlock', 'ConfigMap/one']);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain(
      `ConfigMap ${namespace}/one: its label ${LOCK_LABEL} can't be changed or removed, since it is locked by transaction`,
    );
    expect(stderr).toContain('A lock that holds is broken with --force, by whoever has the verb unlock');
    expect(await labelOf('one')).toBeDefined();
  });

  test('does not break one with --force for whoever has not the verb', async () => {
    const { code, stderr } = await janus(['unlock', 'ConfigMap/one', '--force'], tenant);
    expect(code).toBe(1);
    expect(stderr).toContain(`system:serviceaccount:${namespace}:tenant may not break the locks of transaction ${namespace}/`);
    expect(await labelOf('one')).toBeDefined();
  });

  test('breaks all locks of a Transaction with --force, which ends it', async () => {
    const { name = '' } = held.transaction.metadata;
    const { code, stdout, stderr } = await janus(['unlock', name, '--force']);
    expect(code, stderr).toBe(0);
    expect(stdout.split('\n').filter((line) => line.endsWith(' unlocked'))).toHaveLength(3);
    expect(stderr).toContain(`Warning: ConfigMap ${namespace}/one: the lock of transaction ${namespace}/${name} is broken.`);
    const done = await held.release();
    expect(done.status?.phase).toBe('Failed');
    expect(done.status?.items?.map(({ error = '' }) => error.includes('broke it by force'))).toEqual([true, false, false]);
    expect((await janus(['locks'])).stderr).toBe(`Nothing is locked in namespace ${namespace}.\n`);
  });

  test.each([
    [2, [], 'Say what to unlock'],
    [2, ['--void', 'cm/one'], 'leave out one of them'],
    [2, ['--void', '--force'], 'leave out one of them'],
    [2, ['cm/one', '-A'], '-A goes with --void only'],
    [1, ['gizmo/one'], 'is not a kind that this cluster knows'],
    [1, ['no-such-transaction'], 'There is no Transaction no-such-transaction'],
    [2, ['cm/'], 'OBJECT must be Kind/Name'],
  ])('ends with %i for %j, and says what to do', async (exit, args, words) => {
    const { code, stderr } = await janus(['unlock', ...args]);
    expect([code, stderr.includes(words)], stderr).toEqual([exit, true]);
  });
});
