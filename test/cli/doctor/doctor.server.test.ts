import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import { eventually } from '../../janus/objects.ts';
import { bootCluster, type Cluster, type Operator } from '../../janus/running.ts';
import { makeNamespace, makeServiceAccount } from '../../janus/transacting.ts';
import { runJanus, type Ended } from '../janus.ts';
import { tenantConfig } from '../tenant.ts';

let cluster: Cluster;
let operator: Operator;
let namespace: string;
beforeAll(async () => {
  cluster = await bootCluster();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const janus = (args: readonly string[], kubeconfig = cluster.controlPlane.kubeconfig): Promise<Ended> =>
  runJanus([...args, '-n', namespace], { env: { KUBECONFIG: kubeconfig } });

async function findings(kubeconfig?: string): Promise<{ readonly code: number | null; readonly by: ReadonlyMap<string, Finding> }> {
  const { code, stdout } = await janus(['doctor', '-o', 'json'], kubeconfig);
  return { code, by: new Map((JSON.parse(stdout) as Finding[]).map((one) => [one.check, one])) };
}

describe('janus doctor and janus version', () => {
  test('on a cluster without Janus say that it is not there', async () => {
    const { by, code } = await findings();
    expect(code).toBe(1);
    expect(by.get('API server')?.result).toBe('ok');
    for (const check of ['definition transactions.tx.janus.io', 'namespace janus-system', 'validating webhooks', 'locks', 'leader'])
      expect([check, by.get(check)?.result]).toEqual([check, 'fail']);
    expect((await janus(['version'])).stdout).toContain('does not run');
  });

  test('on one that is well find nothing', async () => {
    operator = await cluster.start();
    const { by, code } = await findings();
    expect([...by.values()].filter(({ result }) => result !== 'ok')).toEqual([]);
    expect(code).toBe(0);
    expect(by.get('leader')?.words).toContain(operator.identity);
    const { stdout } = await janus(['doctor']);
    expect(stdout).toMatch(/^ok {4}API server: v1\.\d+/);
    // A replica tells of itself a moment after it has begun.
    const versions = new RegExp(`^Client: +\\S+\nJanus: +\\S+ \\(${operator.identity}, leads\\)\nAPI server: +v1\\.`);
    await eventually('the versions are known', async () => versions.test((await janus(['version'])).stdout));
  });

  test('say to whom may not look what they could not look at, and what this one may not do', async () => {
    await makeServiceAccount(cluster.admin, namespace, 'curious');
    const config = await tenantConfig(cluster.admin, cluster.controlPlane, namespace, 'curious');
    const { by, code } = await findings(config);
    expect(code).toBe(0);
    expect(by.get(`your rights in ${namespace}`)).toMatchObject({
      result: 'warn',
      words: expect.stringContaining('create transactions.tx.janus.io (for create)'),
    });
    expect(by.get('locks')).toMatchObject({ result: 'warn', words: expect.stringContaining('could not be tried') });
    expect((await janus(['version'], config)).stdout).toContain('unknown: you may not list Leases');
  });

  test('on one whose Janus has died say so, and what to do', async () => {
    await operator.crash();
    const { by, code } = await findings();
    expect(code).toBe(1);
    expect(by.get('locks')).toMatchObject({ result: 'fail', next: expect.stringContaining('Nobody answers there') });
    expect(by.get('leader')).toMatchObject({ result: 'fail', words: 'nobody carries transactions out' });
  });
});
