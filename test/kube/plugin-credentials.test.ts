import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadClusterConfig } from '../../src/kube/config.ts';
import { pluginCredentials } from '../../src/kube/plugin-credentials.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'janus-plugin-'));
});
afterEach(() => rm(folder, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A plugin that counts its calls, and whose tokens are good for an hour. */
async function countingPlugin() {
  const calls = join(folder, 'calls');
  const script = join(folder, 'login.cjs');
  await writeFile(
    script,
    `const { appendFileSync, readFileSync } = require('node:fs');
appendFileSync(${JSON.stringify(calls)}, 'x');
const token = 'token-' + readFileSync(${JSON.stringify(calls)}, 'utf8').length;
const expirationTimestamp = new Date(Date.now() + 3_600_000).toISOString();
console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token, expirationTimestamp } }));`,
  );
  const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [script] } };
  const source = pluginCredentials({ name: 'prod', namespace: 'default', cluster: { server: 'https://one' }, user }, 'a test');
  return { source, calls: async () => (await readFile(calls, 'utf8')).length };
}

describe('credentials from a plugin', () => {
  test('are kept by client-node while they are good', async () => {
    const { source, calls } = await countingPlugin();
    expect(await source()).toEqual({ headers: { authorization: 'Bearer token-1' } });
    expect(await source()).toEqual({ headers: { authorization: 'Bearer token-1' } });
    expect(await calls()).toBe(1);
  });

  test('are made anew when the server refused them, however long they say that they are good', async () => {
    const { source, calls } = await countingPlugin();
    await source();
    expect(await source({ refresh: true })).toEqual({ headers: { authorization: 'Bearer token-2' } });
    expect(await source()).toEqual({ headers: { authorization: 'Bearer token-2' } });
    expect(await calls()).toBe(2);
  });
});

describe('credentials that we read ourselves, to be quick, are those that client-node reads', () => {
  test.each<[string, object]>([
    ['a token', { token: 'abc' }],
    ['a password', { username: 'jane', password: 'pässword' }],
    ['a certificate as data', { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') }],
    ['a certificate in files', { 'client-certificate': 'jane.crt', 'client-key': 'jane.key' }],
    ['a certificate and a token', { 'client-certificate': 'jane.crt', 'client-key': 'jane.key', token: 'abc' }],
    ['nothing', {}],
  ])('%s', async (_what, user) => {
    const path = join(folder, 'config');
    await writeFile(join(folder, 'jane.crt'), 'CERT FILE');
    await writeFile(join(folder, 'jane.key'), 'KEY FILE');
    await writeFile(
      path,
      stringify({
        'current-context': 'prod',
        clusters: [{ name: 'c', cluster: { server: 'https://one:6443' } }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u' } }],
      }),
    );
    const ours = await (await loadClusterConfig({ kubeconfig: path })).credentials();
    const theirs = new KubeConfig();
    theirs.loadFromFile(path);
    const applied: RequestOptions & { readonly cert?: Buffer; readonly key?: Buffer } = {};
    await theirs.applyToHTTPSOptions(applied);
    const basic = typeof applied.auth === 'string' ? `Basic ${base64(applied.auth)}` : undefined;
    expect(ours.headers['authorization']).toBe((applied.headers as Record<string, string>)['Authorization'] ?? basic);
    expect(ours.cert).toBe(applied.cert?.toString());
    expect(ours.key).toBe(applied.key?.toString());
  });
});
