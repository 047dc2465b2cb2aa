import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isApiError } from '../../src/kube/errors.ts';
import { hold, type Held } from '../janus/holding.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, ended, find, makeConfigMap, makeNamespace } from '../janus/transacting.ts';

const JANUS = fileURLToPath(new URL('../../bin/janus', import.meta.url));
const VALIDATING = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
};

let cluster: Cluster;
beforeAll(async () => {
  cluster = await bootCluster();
});
afterAll(() => cluster?.stop());

interface Started {
  readonly first: string;
  /** Sends a signal and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGINT'): Promise<{ readonly code: number | null; readonly last: string }>;
}

async function startDev(...args: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, [JANUS, 'operator', '--dev', '--log-level', 'fatal', ...args], {
    env: { ...process.env, KUBECONFIG: cluster.controlPlane.kubeconfig, JANUS_GRACE_MS: '200' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes('\n')) resolve();
    });
  });
  const closed = once(child, 'close');
  await Promise.race([ready, closed]);
  return {
    first: out.split('\n')[0] ?? '',
    async end(signal) {
      child.kill(signal);
      const [code] = (await closed) as [number | null];
      return { code, last: out.trimEnd().split('\n').at(-1) ?? '' };
    },
  };
}

const page = async (line: string, name: string): Promise<Response> =>
  fetch(new RegExp(`${name} (http://\\S+?),? `).exec(`${line} `)?.[1]?.replace(/,$/, '') ?? '');

describe('janus operator --dev', () => {
  test('says in one line that it is ready, serves health and metrics, and takes its webhooks off at the end', async () => {
    const started = await startDev();
    expect(started.first).toMatch(/^Janus is ready: webhooks at https:\/\/127\.0\.0\.1:\d+, health /);
    const ready = await page(started.first, 'health');
    expect([ready.status, await ready.text()]).toEqual([200, '[+] webhook ok\n[+] watch ok\n[+] keys ok\n[+] locks ok\n']);
    const metrics = await (await page(started.first, 'metrics')).text();
    expect(metrics).toContain('janus_transactions_active');
    expect(metrics).toContain('janus_certificate_days_left 29');
    expect(await find(cluster.admin, { kind: VALIDATING, name: 'janus' })).toBeDefined();
    expect(await started.end('SIGTERM')).toEqual({ code: 0, last: 'Janus has stopped.' });
    expect(await find(cluster.admin, { kind: VALIDATING, name: 'janus' })).toBeUndefined();
  });

  test('can be started again where it was before, and ends at SIGINT as well', async () => {
    const started = await startDev();
    expect((await started.end('SIGINT')).code).toBe(0);
  });

  test('leaves the locks up where a transaction is open, says so, and a new one goes on with it', async () => {
    const { admin } = cluster;
    const first = await startDev();
    const namespace = await makeNamespace(admin);
    await makeConfigMap(admin, namespace, 'held', { a: '1' });
    const held: Held = await hold(admin, namespace, [{ type: 'Patch', name: 'held', content: { data: { a: '2' } } }]);
    const end = await first.end('SIGTERM');
    expect(end.code).toBe(0);
    expect(end.last).toContain(`${namespace}/${held.transaction.metadata.name ?? ''}`);
    expect(end.last).toContain('janus operator --dev');
    const stranger = admin.patch(configMap(namespace, 'held'), { type: 'merge', patch: { data: { a: '3' } } });
    // Nobody answers now, and locked objects are frozen.
    await expect(stranger).rejects.toSatisfy((error) => isApiError(error, 500));
    const second = await startDev();
    await held.release();
    expect((await ended(admin, held.transaction)).status?.phase).toBe('Committed');
    expect((await second.end('SIGTERM')).last).toBe('Janus has stopped.');
  });

  test('says in one sentence what is wrong with where it shall connect', async () => {
    const child = spawn(process.execPath, [JANUS, 'operator', '--dev', '--kubeconfig', '/does/not/exist'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(1);
    expect(words).toContain('/does/not/exist');
    expect(words).not.toContain('    at ');
  });
});
