import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { eventually } from '../janus/objects.ts';
import { annotate, configMap, find, inPhase, makeConfigMap, makeNamespace, plain, refOf, transact } from '../janus/transacting.ts';
import { runJanus, type Ended } from './janus.ts';

let cluster: Cluster;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const recover = (...args: readonly string[]): Promise<Ended> =>
  runJanus(['recover', ...args, '-n', namespace], { env: { KUBECONFIG: cluster.controlPlane.kubeconfig, NO_COLOR: '1' } });

test('a rollback that met a conflict is planned, refused without force, finished with it, and then leaves nothing to do', async () => {
  const { admin } = cluster;
  const before = await makeConfigMap(admin, namespace, 'settings', { a: '1' });
  const committed = await transact(admin, namespace, [{ type: 'Patch', name: 'settings', content: { data: { a: '2' } } }]);
  const name = committed.metadata.name ?? '';
  await admin.patch(configMap(namespace, 'settings'), { type: 'merge', patch: { data: { a: '3' } } });
  await annotate(admin, committed, 'tx.janus.io/request-rollback');
  await inPhase(admin, committed, 'Failed');

  const line = `RESTORE ConfigMap/${namespace}/settings (${name}-0)`;
  expect(await recover('plan', name)).toEqual({
    code: 1,
    stdout: `Transaction: ${name} (namespace: ${namespace})\n\nRollback plan:\n  - [conflict] ${line}\n`,
    stderr: '',
  });

  const unforced = await recover('apply', name);
  expect(unforced.code).toBe(1);
  expect(unforced.stdout).toContain(`  - ${line} ... CONFLICT`);
  expect(unforced.stderr).toContain('Re-run with --force to override conflicts.');
  expect((await admin.get(configMap(namespace, 'settings')))['data']).toEqual({ a: '3' });

  expect(await recover('apply', name, '--force')).toEqual({
    code: 0,
    stdout: `  - ${line} ... OK\n\nAll pending items applied successfully.\n`,
    stderr: '',
  });
  expect(plain(await admin.get(configMap(namespace, 'settings')))['data']).toEqual(before['data']);
  expect((await recover('plan', name)).code).toBe(0);
});

test('a rollback whose Transaction is gone is planned by its record', async () => {
  const { admin } = cluster;
  await makeConfigMap(admin, namespace, 'left', { a: '1' });
  const committed = await transact(admin, namespace, [{ type: 'Patch', name: 'left', content: { data: { a: '2' } } }]);
  const name = committed.metadata.name ?? '';
  await admin.patch(configMap(namespace, 'left'), { type: 'merge', patch: { data: { a: '3' } } });
  await annotate(admin, committed, 'tx.janus.io/request-rollback');
  await inPhase(admin, committed, 'Failed');
  await admin.patch(refOf(committed), { type: 'merge', patch: { metadata: { finalizers: [] } } });
  await admin.delete(refOf(committed));
  await eventually('it is gone', async () => (await find(admin, refOf(committed))) === undefined);

  const { code, stdout, stderr } = await recover('plan', name);
  expect([code, stdout]).toEqual([
    1,
    `Transaction: ${name} (namespace: ${namespace})\n\nRollback plan:\n  - [conflict] RESTORE ConfigMap/${namespace}/left (${name}-0)\n`,
  ]);
  expect(stderr).toContain(`this is by its record, Secret janus-system/tx-${committed.metadata.uid ?? ''}`);
});
