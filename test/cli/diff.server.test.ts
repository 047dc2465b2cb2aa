import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hold, type Held } from '../janus/holding.ts';
import { at, DEPLOYMENTS, mergeAs, SECRETS } from '../janus/objects.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, draft, find, makeConfigMap, makeNamespace, makeServiceAccount, transact } from '../janus/transacting.ts';
import { runJanus, type Ended, type RunOptions } from './janus.ts';

let cluster: Cluster;
let namespace: string;
let held: Held;

beforeAll(async () => {
  cluster = await bootCluster();
  const { admin } = cluster;
  await cluster.start();
  namespace = await makeNamespace(admin);
  for (const name of ['settings', 'held']) await makeConfigMap(admin, namespace, name, { a: '1', b: '1' });
  held = await hold(admin, namespace, [{ type: 'Patch', name: 'held', content: { data: { a: '2' } } }]);
});
afterAll(() => cluster?.stop());

const diff = (args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  runJanus(['diff', ...args, '-n', namespace], { ...options, env: { KUBECONFIG: cluster.controlPlane.kubeconfig, ...options.env } });

/** Diff of manifests on stdin. */
const diffOf = (manifests: string, args: readonly string[] = []): Promise<Ended> => diff(['-f', '-', ...args], { stdin: manifests });

const configMapOf = (name: string, data: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata: ${data}\n`;

describe('janus diff -f', () => {
  test('shows what the server would change, and says whose field it takes over', async () => {
    const { code, stdout, stderr } = await diffOf(`${configMapOf('settings', '{a: "2", c: "3"}')}---\n${configMapOf('new', '{x: "1"}')}`);
    expect([code, stderr]).toEqual([0, '1 to create, 1 to patch.\n']);
    expect(stdout).toBe(
      [
        `+ create ConfigMap ${namespace}/new`,
        '    data.x: + "1"',
        `~ patch  ConfigMap ${namespace}/settings`,
        '    data.a: "1" → "2"',
        '    data.c: + "3"',
        '    takes data.a over from owner',
        '',
      ].join('\n'),
    );
    expect(await find(cluster.admin, configMap(namespace, 'new'))).toBeUndefined();
  });

  test('prints nothing of what is the same, and ends with 0, 1 or more by --exit-code', async () => {
    expect(await diffOf(configMapOf('settings', '{a: "1"}'), ['--exit-code'])).toEqual({ code: 0, stdout: '', stderr: '1 unchanged.\n' });
    expect((await diffOf(configMapOf('settings', '{a: "9"}'), ['--exit-code'])).code).toBe(1);
    const refused = await diffOf(configMapOf('settings', '[1]'), ['--exit-code']);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain(`ConfigMap ${namespace}/settings: The API server`);
    expect((await diffOf(configMapOf('settings', '[1]'))).code).toBe(1);
  });

  test('never shows what a Secret holds', async () => {
    const { admin } = cluster;
    const ref = at(SECRETS, namespace, 'keys');
    const data = { same: 'c2FtZQ==', old: 'aHVudGVyMQ==' };
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"old":"aHVudGVyMQ=="}}' };
    await admin.create(ref, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', annotations }, data });
    const { stdout, stderr } = await diffOf(
      `apiVersion: v1\nkind: Secret\nmetadata: {name: keys, annotations: {kubectl.kubernetes.io/last-applied-configuration: "hunter3"}}\n` +
        `stringData: {old: hunter2, new: hunter4}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: more}\nstringData: {x: hunter5}\n`,
    );
    expect(stdout).toContain('    data.old: differs (hidden)\n    data.new: + (hidden)\n');
    expect(stdout).toContain('last-applied-configuration"]: differs (hidden)\n');
    expect(stdout).toContain(`+ create Secret ${namespace}/more\n    data.x: + (hidden)\n    type: + "Opaque"\n`);
    expect(stdout + stderr).not.toMatch(/hunter|aHVudGVy/);
  });

  test('shows who holds what it would change', async () => {
    const { name = '' } = held.transaction.metadata;
    const words = `    locked by Transaction ${namespace}/${name} (Committing 1/2, for admin): this has to wait for it\n`;
    // Of a field that is locked the server says nothing; of another it does.
    expect((await diffOf(configMapOf('held', '{a: "3"}'))).stdout).toBe(
      `~ patch  ConfigMap ${namespace}/held\n${words}    not compared by the server, since it is locked\n`,
    );
    expect((await diffOf(configMapOf('held', '{b: "3"}'))).stdout).toBe(
      `~ patch  ConfigMap ${namespace}/held\n    data.b: "1" → "3"\n${words}    takes data.b over from owner\n`,
    );
    expect((await diffOf(configMapOf('held', '{b: "1"}'))).stdout).toBe('');
  });

  test('names fields that an earlier apply set and the files no longer have', async () => {
    const { admin } = cluster;
    await transact(admin, namespace, [{ type: 'Create', name: 'kept', content: { data: { one: '1', two: '2' } } }]);
    await mergeAs(admin, 'somebody', configMap(namespace, 'kept'), { data: { three: '3' } });
    expect((await diffOf(configMapOf('kept', '{one: "1"}'))).stdout).toBe(
      `= leave  ConfigMap ${namespace}/kept\n    keeps data.two, set by an earlier apply and no longer in the files: a Patch removes nothing\n`,
    );
  });

  test('shows what the server makes of it, not what the file says', async () => {
    const deployment = (image: string): string =>
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: {
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { containers: [{ name: 'app', image, ports: [{ containerPort: 80 }] }] },
          },
        },
      });
    await cluster.admin.create(at(DEPLOYMENTS, namespace, 'web'), JSON.parse(deployment('web:1')) as never);
    expect((await diffOf(deployment('web:1'))).stdout).toBe('');
    expect((await diffOf(deployment('web:2'))).stdout).toContain(
      '    spec.template.spec.containers[name="app"].image: "web:1" → "web:2"\n',
    );
  });

  test('computes it as a ServiceAccount, with its rights', async () => {
    await makeServiceAccount(cluster.admin, namespace, 'nobody');
    const { code, stderr } = await diffOf(configMapOf('settings', '{a: "2"}'), ['--as-sa', 'nobody']);
    expect(code).toBe(1);
    expect(stderr).toContain(`User "system:serviceaccount:${namespace}:nobody" may not patch configmaps in namespace ${namespace}`);
  });

  test('goes on where the server cannot say yet, since the set itself makes what is needed', async () => {
    const { code, stdout, stderr } = await diffOf(
      `${configMapOf('inner', '{a: "1"}').replace('name: inner', 'name: inner\n  namespace: diff-new')}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: diff-new}\n`,
    );
    expect([code, stderr]).toEqual([0, '2 to create.\n']);
    expect(stdout).toContain(
      '+ create ConfigMap diff-new/inner\n    data.a: + "1"\n    not compared by the server, since it needs what this very',
    );
    expect(stdout.indexOf('Namespace diff-new')).toBeLessThan(stdout.indexOf('ConfigMap diff-new/inner'));
  });

  test('names everything that is wrong at once, with file, document and line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'janus-diff-'));
    writeFileSync(
      join(folder, 'a.yaml'),
      `${configMapOf('ok', '{}')}---\nkind: ConfigMap\n---\na: [\n---\napiVersion: v1\nkind: Gizmo\nmetadata: {name: x}\n`,
    );
    writeFileSync(join(folder, 'b.yml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, uid: z}\n');
    const { code, stderr } = await diff(['-f', folder]);
    expect(code).toBe(1);
    expect(stderr.replaceAll(folder, '')).toMatch(/^Error: \/a\.yaml:10:1 \(document 3\): this is not valid YAML: .*\.\n$/);
    writeFileSync(
      join(folder, 'a.yaml'),
      `${configMapOf('ok', '{}')}---\nkind: ConfigMap\n---\napiVersion: v1\nkind: Gizmo\nmetadata: {name: x}\n`,
    );
    expect((await diff(['-f', folder])).stderr.replaceAll(folder, '').split('\n')).toEqual([
      'Error: /a.yaml:7:1 (document 2): this is no whole object: it has no apiVersion and no metadata.name.',
      expect.stringMatching(/^\/a\.yaml:10:7 \(document 3\): "Gizmo" is not a kind that this cluster knows/),
      expect.stringMatching(/^\/b\.yml:3:\d+: metadata\.uid is set by the API server; leave it out\.$/),
      '',
    ]);
  });
});

describe('janus diff TXN', () => {
  test('shows what a Transaction would change, as its ServiceAccount', async () => {
    const { admin } = cluster;
    for (const name of ['patched', 'replaced', 'going']) await makeConfigMap(admin, namespace, name, { a: '1', b: '1' });
    const whole = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'replaced' }, data: { a: '2' } };
    const { metadata } = await draft(admin, namespace, [
      { type: 'Patch', name: 'patched', content: { data: { a: '5' } } },
      { type: 'Update', name: 'replaced', content: whole },
      { type: 'Delete', name: 'going', order: 2 },
      { type: 'Delete', name: 'gone', order: 2 },
    ]);
    const { code, stdout, stderr } = await diff([metadata.name ?? '', '--exit-code']);
    expect([code, stderr]).toEqual([1, '1 to patch, 1 to replace, 1 to delete.\n']);
    expect(stdout).toBe(
      [
        `~ patch  ConfigMap ${namespace}/patched`,
        '    data.a: "1" → "5"',
        '    takes data.a over from owner',
        `~ update ConfigMap ${namespace}/replaced`,
        '    data.a: "1" → "2"',
        '    data.b: - "1"',
        '    takes data.a, data.b over from owner',
        `- delete ConfigMap ${namespace}/going`,
        '',
      ].join('\n'),
    );
  });

  test('shows of a Transaction that is committed what is not as it left it', async () => {
    const { admin } = cluster;
    const { metadata } = await transact(admin, namespace, [{ type: 'Create', name: 'drifting', content: { data: { a: '1' } } }]);
    const name = metadata.name ?? '';
    expect(await diff([name, '--exit-code'])).toEqual({ code: 0, stdout: '', stderr: '1 unchanged.\n' });
    await mergeAs(admin, 'somebody', configMap(namespace, 'drifting'), { data: { a: '2' } });
    expect((await diff([name])).stdout).toContain('    data.a: "2" → "1"\n    takes data.a over from somebody\n');
  });

  test('is refused with what to do where there is none, or files are named too', async () => {
    expect((await diff(['none'])).stderr).toContain('There is no Transaction none in namespace');
    expect(await diff(['none', '-f', '-'])).toMatchObject({ code: 2, stderr: expect.stringContaining('leave out one of them') as string });
    expect(await diff([])).toMatchObject({ code: 2, stderr: expect.stringContaining('It is not said where the manifests are') as string });
  });
});
