import { describe, expect, test } from 'vitest';
import { auditPolicy } from './audit-policy.ts';
import { apiServerFlags, auditFlags, controllerManagerFlags, etcdFlags, type Layout } from './flags.ts';
import { makePki } from './pki.ts';
import { scratchFolder } from './scratch.ts';

async function layout(fsync = false): Promise<Layout> {
  const pki = await makePki(await scratchFolder());
  return { etcdDataDir: '/data', etcdPort: 1, apiServerPort: 2, pki, controllerManagerKubeconfig: '/cm', fsync };
}

describe('the flags', () => {
  test('let etcd skip the disk unless asked not to', async () => {
    expect(etcdFlags(await layout(false))).toContain('--unsafe-no-fsync');
    expect(etcdFlags(await layout(true))).not.toContain('--unsafe-no-fsync');
  });

  test('leave on whatever is tested against: RBAC, default admission, priority and fairness, watch caches', async () => {
    const flags = apiServerFlags(await layout());
    expect(flags).toContain('--authorization-mode=Node,RBAC');
    const weakening =
      /^--(disable-admission-plugins|enable-admission-plugins|enable-priority-and-fairness|watch-cache|feature-gates|runtime-config)\b/;
    expect(flags.filter((flag) => weakening.test(flag))).toEqual([]);
  });

  test('keep everything on this machine', async () => {
    const addresses = [...etcdFlags(await layout()), ...apiServerFlags(await layout())].filter((flag) => /^--(listen|bind)/.test(flag));
    expect(addresses.length).toBe(3);
    for (const flag of addresses) expect(flag).toContain('127.0.0.1');
  });

  test('give each controller an identity of its own', async () => {
    const flags = controllerManagerFlags(await layout());
    expect(flags).toContain('--use-service-account-credentials=true');
    expect(flags.filter((flag) => flag.startsWith('--controllers'))).toEqual([]);
  });

  test('log the writes of the kinds that are asked for, whole and in one file', () => {
    const flags = auditFlags({ policyFile: '/policy', logFile: '/log' });
    expect(flags).toEqual(
      expect.arrayContaining(['--audit-policy-file=/policy', '--audit-log-path=/log', '--audit-log-mode=blocking-strict']),
    );
    expect(auditPolicy({ apps: ['deployments'] })).toMatchObject({
      rules: [
        { level: 'None', verbs: ['get', 'list', 'watch'] },
        { level: 'RequestResponse', resources: [{ group: 'apps', resources: ['deployments', 'deployments/*'] }] },
        { level: 'None' },
      ],
    });
  });
});
