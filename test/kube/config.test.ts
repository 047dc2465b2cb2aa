import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '../../src/kube/config-error.ts';
import { clusterConfigFromToken, loadClusterConfig } from '../../src/kube/config.ts';
import type { ConfigOptions } from '../../src/kube/config.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'janus-config-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

let count = 0;

/** Writes a kubeconfig with one context and answers its path. */
async function kubeconfig(
  parts: { name?: string; cluster?: object; user?: object; context?: object; current?: boolean } = {},
): Promise<string> {
  const { name = 'prod', cluster = {}, user = {}, context = {}, current = true } = parts;
  const path = join(dir, `config-${(count += 1)}`);
  await writeFile(
    path,
    stringify({
      ...(current ? { 'current-context': name } : {}),
      contexts: [{ name, context: { cluster: name, user: name, ...context } }],
      clusters: [{ name, cluster: { server: `https://${name}.test:6443`, ...cluster } }],
      users: [{ name, user }],
    }),
  );
  return path;
}

async function failureOf(options: ConfigOptions): Promise<ConfigError> {
  const error: unknown = await loadClusterConfig(options).then(
    () => 'it succeeded',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error as ConfigError;
}

describe('where a cluster is looked for', () => {
  test('first in the file that was given, whatever the environment says', async () => {
    const given = await kubeconfig({ name: 'given' });
    const config = await loadClusterConfig({ kubeconfig: given, env: { KUBECONFIG: await kubeconfig({ name: 'other' }) } });
    expect(config.server).toBe('https://given.test:6443');
    expect(config.description).toContain('"given"');
  });

  test('then in KUBECONFIG, of which the missing files are skipped and the others joined', async () => {
    const [one, two] = [await kubeconfig({ name: 'one', current: false }), await kubeconfig({ name: 'two' })];
    const env = { KUBECONFIG: ['', join(dir, 'missing'), one, two, one].join(delimiter) };
    expect((await loadClusterConfig({ env })).server).toBe('https://two.test:6443');
    expect((await loadClusterConfig({ env, context: 'one' })).server).toBe('https://one.test:6443');
  });

  test('then in the home folder', async () => {
    const home = join(dir, 'home');
    await mkdir(join(home, '.kube'), { recursive: true });
    await writeFile(
      join(home, '.kube', 'config'),
      stringify({
        'current-context': 'h',
        contexts: [{ name: 'h', context: { cluster: 'h' } }],
        clusters: [{ name: 'h', cluster: { server: 'https://home.test' } }],
      }),
    );
    expect((await loadClusterConfig({ home, env: {} })).server).toBe('https://home.test');
    expect((await loadClusterConfig({ env: { HOME: home } })).server).toBe('https://home.test');
  });

  test('last in the ServiceAccount of the pod, and only in a pod', async () => {
    const root = join(dir, 'pod');
    const mount = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
    await mkdir(mount, { recursive: true });
    await Promise.all([
      writeFile(join(mount, 'token'), 'pod-token\n'),
      writeFile(join(mount, 'ca.crt'), 'CA'),
      writeFile(join(mount, 'namespace'), 'janus-system\n'),
    ]);
    const home = join(dir, 'nobody');
    const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
    const config = await loadClusterConfig({ home, env, serviceAccountRoot: root });
    expect(config).toMatchObject({ server: 'https://10.0.0.1:443', ca: 'CA', namespace: 'janus-system' });
    expect(await config.credentials()).toEqual({ headers: { authorization: 'Bearer pod-token' } });
    expect((await loadClusterConfig({ home, env: { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }, serviceAccountRoot: root })).server).toBe(
      'https://[fd00::1]:443',
    );
    expect((await loadClusterConfig({ home, env, serviceAccountRoot: root, namespace: 'else' })).namespace).toBe('else');
    expect((await failureOf({ home, env: {}, serviceAccountRoot: root })).problem).toBe('NotFound');
  });

  test('and where there is none, the error says where it was looked for and what to do', async () => {
    const error = await failureOf({ env: { KUBECONFIG: `${dir}/nope${delimiter}${dir}/neither` }, serviceAccountRoot: dir });
    expect(error.problem).toBe('NotFound');
    expect(error.message).toContain(`${dir}/nope, ${dir}/neither do not exist`);
    expect(error.message).toContain('--kubeconfig');
  });

  test('a file that was given and is not there is an error, even in a pod', async () => {
    const error = await failureOf({ kubeconfig: join(dir, 'nope'), env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } });
    expect(error.problem).toBe('NotFound');
    expect(error.message).toContain('it does not exist');
  });

  test('a folder in place of a file is unreadable', async () => {
    expect((await failureOf({ kubeconfig: dir })).problem).toBe('Unreadable');
  });

  test('one broken file among several is an error that names it: half a configuration is worse than none', async () => {
    const broken = join(dir, 'broken');
    await writeFile(broken, 'contexts: {');
    const error = await failureOf({ env: { KUBECONFIG: [await kubeconfig(), broken].join(delimiter) } });
    expect(error.problem).toBe('Malformed');
    expect(error.message).toContain(broken);
  });
});

describe('what a context says', () => {
  test('is all there', async () => {
    const path = await kubeconfig({
      cluster: {
        'certificate-authority-data': Buffer.from('CA').toString('base64'),
        'tls-server-name': 'api',
        'proxy-url': 'http://proxy:3128',
        server: 'https://prod.test/path/',
      },
      user: { as: 'admin', 'as-uid': '7', 'as-groups': ['g'], 'as-user-extra': { k: ['v'] } },
      context: { namespace: 'shop' },
    });
    expect(await loadClusterConfig({ kubeconfig: path })).toMatchObject({
      server: 'https://prod.test/path',
      ca: 'CA',
      tlsServerName: 'api',
      proxyUrl: 'http://proxy:3128',
      namespace: 'shop',
      as: { user: 'admin', uid: '7', groups: ['g'], extra: { k: ['v'] } },
    });
  });

  test('a namespace that was asked for wins', async () => {
    const path = await kubeconfig({ context: { namespace: 'shop' } });
    expect((await loadClusterConfig({ kubeconfig: path, namespace: 'elsewhere' })).namespace).toBe('elsewhere');
    expect((await loadClusterConfig({ kubeconfig: await kubeconfig() })).namespace).toBe('default');
  });

  test('trust is checked unless it says otherwise', async () => {
    expect((await loadClusterConfig({ kubeconfig: await kubeconfig() })).insecureSkipTlsVerify).toBeUndefined();
    const careless = await kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } });
    expect((await loadClusterConfig({ kubeconfig: careless })).insecureSkipTlsVerify).toBe(true);
  });

  test.each(['prod.test:6443', 'ftp://prod.test', 'https://', 'javascript:x'])('the server %j is refused', async (server) => {
    const error = await failureOf({ kubeconfig: await kubeconfig({ cluster: { server } }) });
    expect(error.problem).toBe('Malformed');
    expect(error.message).toContain(JSON.stringify(server));
  });

  test('a certificate authority that cannot be read is an error', async () => {
    const error = await failureOf({ kubeconfig: await kubeconfig({ cluster: { 'certificate-authority': 'nope.crt' } }) });
    expect(error.message).toContain('certificate authority');
  });

  test('a context that is not there is an error', async () => {
    expect((await failureOf({ kubeconfig: await kubeconfig(), context: 'staging' })).problem).toBe('NoContext');
  });
});

describe('credentials of a context', () => {
  const credentialsOf = async (user: object) => (await loadClusterConfig({ kubeconfig: await kubeconfig({ user }) })).credentials();

  test.each([
    ['a token', { token: 'abc' }, { authorization: 'Bearer abc' }],
    ['a password', { username: 'u', password: 'p:w' }, { authorization: `Basic ${Buffer.from('u:p:w').toString('base64')}` }],
    ['a token rather than a password', { token: 'abc', username: 'u', password: 'p' }, { authorization: 'Bearer abc' }],
    ['nothing', {}, {}],
  ])('are %s', async (_what, user, headers) => {
    expect((await credentialsOf(user)).headers).toEqual(headers);
  });

  test('are a certificate and a key, from data or from files', async () => {
    await Promise.all([writeFile(join(dir, 'c.crt'), 'CERT'), writeFile(join(dir, 'c.key'), 'KEY')]);
    expect(await credentialsOf({ 'client-certificate': 'c.crt', 'client-key': 'c.key' })).toMatchObject({ cert: 'CERT', key: 'KEY' });
    const data = {
      'client-certificate-data': Buffer.from('C2').toString('base64'),
      'client-key-data': Buffer.from('K2').toString('base64'),
    };
    expect(await credentialsOf({ ...data, 'client-certificate': 'c.crt' })).toMatchObject({ cert: 'C2', key: 'K2' });
  });

  test('are read from a token file, anew when they were refused', async () => {
    const file = join(dir, 'token');
    await writeFile(file, 'first\n');
    const config = await loadClusterConfig({ kubeconfig: await kubeconfig({ user: { tokenFile: 'token', token: 'stale' } }) });
    expect((await config.credentials()).headers).toEqual({ authorization: 'Bearer first' });
    await writeFile(file, 'second\n');
    expect((await config.credentials()).headers).toEqual({ authorization: 'Bearer first' });
    // One refresh a second is allowed.
    await expect
      .poll(async () => (await config.credentials({ refresh: true })).headers, { timeout: 5_000 })
      .toEqual({ authorization: 'Bearer second' });
  });

  test('whose token file is missing are an error that names it', async () => {
    const config = await loadClusterConfig({ kubeconfig: await kubeconfig({ user: { tokenFile: 'no-token' } }) });
    await expect(config.credentials()).rejects.toThrow(/token file of the user of context "prod".*no-token/s);
  });
});

describe('credentials from a plugin', () => {
  /** A plugin that answers with a token and counts its calls in a file. */
  async function plugin(body: string): Promise<{ exec: object; calls: string }> {
    const name = `plugin-${(count += 1)}`;
    const calls = join(dir, `${name}.calls`);
    await writeFile(join(dir, name), `#!/bin/sh\necho x >> ${JSON.stringify(calls)}\n${body}\n`, { mode: 0o755 });
    return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: `./${name}`, interactiveMode: 'Never' }, calls };
  }
  const answering = (status: object): string =>
    `cat <<'END'\n${JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status })}\nEND`;
  const configOf = async (user: object) => loadClusterConfig({ kubeconfig: await kubeconfig({ user }) });

  test('are a token, and the plugin is not started for every request', async () => {
    const { exec, calls } = await plugin(answering({ token: 'from-plugin', expirationTimestamp: '2099-01-01T00:00:00Z' }));
    const config = await configOf({ exec });
    const all = await Promise.all(Array.from({ length: 5 }, () => config.credentials()));
    expect(new Set(all.map(({ headers }) => headers['authorization']))).toEqual(new Set(['Bearer from-plugin']));
    const { readFile } = await import('node:fs/promises');
    expect((await readFile(calls, 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  test('are a client certificate', async () => {
    const { exec } = await plugin(answering({ clientCertificateData: 'CERT', clientKeyData: 'KEY' }));
    expect(await (await configOf({ exec })).credentials()).toMatchObject({ cert: 'CERT', key: 'KEY' });
  });

  test.each([
    ['fails', 'echo "log in first" >&2; exit 1'],
    ['answers nonsense', 'echo nonsense'],
    ['answers nothing', 'true'],
  ])('of a plugin that %s are an error that names it', async (_what, body) => {
    const { exec } = await plugin(body);
    const error: unknown = await (await configOf({ exec })).credentials().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problem).toBe('CredentialsFailed');
    expect((error as ConfigError).message).toMatch(/credential plugin ".*plugin-\d+" for context "prod"/);
  });

  test('of a plugin that is not installed are an error that says so', async () => {
    const config = await configOf({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'janus-no-such-plugin', interactiveMode: 'Never' },
    });
    await expect(config.credentials()).rejects.toThrow('was not found: install it');
  });

  test('after a failure are asked for again with the next request', async () => {
    const flag = join(dir, `flag-${(count += 1)}`);
    const { exec } = await plugin(`[ -e ${JSON.stringify(flag)} ] || exit 1\n${answering({ token: 'now' })}`);
    const config = await configOf({ exec });
    await expect(config.credentials()).rejects.toThrow(ConfigError);
    await writeFile(flag, '');
    expect((await config.credentials()).headers).toEqual({ authorization: 'Bearer now' });
  });
});

describe('clusterConfigFromToken', () => {
  test('asks the function for the token, and for a new one on refresh', async () => {
    const config = clusterConfigFromToken({ server: 'https://x.test/', ca: 'CA', token: () => Promise.resolve('t') });
    expect(config).toMatchObject({ server: 'https://x.test', ca: 'CA', namespace: 'default' });
    expect(await config.credentials()).toEqual({ headers: { authorization: 'Bearer t' } });
  });
});
