import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { startTestCluster, type TestCluster } from './cluster.ts';
import { runJanus } from './janus.ts';

let cluster: TestCluster;
let token: string;
const folder = mkdtempSync(join(tmpdir(), 'janus-credentials-'));

interface Config {
  readonly users: readonly { readonly name: string; readonly user: Readonly<Record<string, unknown>> }[];
}

beforeAll(async () => {
  cluster = await startTestCluster();
  await cluster.kubectl('create', 'clusterrolebinding', 'everything', '--clusterrole=cluster-admin', '--serviceaccount=default:default');
  token = (await cluster.kubectl('create', 'token', 'default', '-n', 'default')).trim();
});
afterAll(() => cluster?.stop());

/** A kubeconfig for the same cluster whose user is another one. */
function configFor(name: string, user: Readonly<Record<string, unknown>>): string {
  const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as Config;
  const path = join(folder, name);
  writeFileSync(path, stringify({ ...config, users: config.users.map((one) => ({ ...one, user })) }));
  return path;
}

const list = (kubeconfig: string) => runJanus(['list', '-A', '-o', 'name'], { env: { KUBECONFIG: kubeconfig } });
const WELL = { code: 0, stdout: '', stderr: 'There are no such Transactions.\n' };

describe('a kubeconfig', () => {
  test('with a client certificate', async () => {
    const [user] = (parse(readFileSync(cluster.kubeconfig, 'utf8')) as Config).users;
    expect(Object.keys(user?.user ?? {}).some((key) => key.startsWith('client-certificate'))).toBe(true);
    expect(await list(cluster.kubeconfig)).toEqual(WELL);
  });

  test('with a token file, relative to itself', async () => {
    writeFileSync(join(folder, 'token'), `${token}\n`);
    expect(await list(configFor('with-token-file', { tokenFile: 'token' }))).toEqual(WELL);
  });

  test('with a credential plugin', async () => {
    const plugin = join(folder, 'plugin');
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } };
    writeFileSync(plugin, `#!/bin/sh\ncat <<'END'\n${JSON.stringify(credential)}\nEND\n`);
    chmodSync(plugin, 0o755);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' };
    expect(await list(configFor('with-plugin', { exec }))).toEqual(WELL);
  });

  test('with a credential plugin that fails is told with what it said', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: join(folder, 'no-such-plugin'), interactiveMode: 'Never' };
    const { code, stderr, stdout } = await list(configFor('with-broken-plugin', { exec }));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('no-such-plugin');
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test('with a token that is not valid is told to log in again', async () => {
    expect(await list(configFor('with-wrong-token', { token: 'x.y.z' }))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('log in again'),
    });
  });
});
