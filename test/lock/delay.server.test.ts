import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/kube/client.ts';
import { pause } from '../../src/kube/pause.ts';
import { LOCK_LABEL } from '../../src/lock/label.ts';
import { hold, type Held } from '../janus/holding.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import { configMap, ended, find, makeConfigMap, makeNamespace, draft, seal, until, type Change } from '../janus/transacting.ts';
import { kubectl, type Kubectl } from './kubectl.ts';
import { expectLocked, refusalOf } from './refusals.ts';
import { WRITE_PATHS } from './write-paths.ts';

let cluster: Cluster;
let operator: Operator;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  operator = await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const replacement = (name: string): Change => ({
  type: 'Update',
  name,
  content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } },
});

/** A ConfigMap that a transaction holds which makes strangers wait. */
async function delaying(name: string, change: Change = replacement(name)): Promise<Held> {
  await makeConfigMap(cluster.admin, namespace, name, { a: '1' });
  return hold(cluster.admin, namespace, [change], { foreignWrites: 'Delay' });
}

/** Writes that locks have refused so far. */
async function refusals(): Promise<number> {
  const line = (await operator.metrics()).split('\n').find((one) => /^janus_webhook_decisions_total\{.*rule="held"/.test(one));
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ')));
}

/** An unchanged kubectl. */
const run = (args: readonly string[], stdin = ''): Kubectl => kubectl(cluster.controlPlane, namespace, args, stdin);

async function untilRefused(more: number, before: number): Promise<void> {
  const deadline = performance.now() + 180_000;
  while ((await refusals()) < before + more) {
    if (performance.now() > deadline) throw new Error('nothing was refused');
    await pause(50);
  }
}

const manifest = (name: string, value: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { a: value } });

describe('a write to an object of a transaction with foreignWrites Delay', () => {
  test('is answered with 429 and after how many seconds to come again, by every way to write', async () => {
    const held = await delaying('asked');
    const object = await cluster.admin.get(configMap(namespace, 'asked'));
    for (const { title, send } of WRITE_PATHS) {
      const refusal = await refusalOf(send(cluster.admin, object, '3'));
      expect([refusal.code, refusal.reason], `${title}: ${refusal.message}`).toEqual([429, 'TooManyRequests']);
      const seconds = refusal.status.details?.retryAfterSeconds ?? 0;
      expect(seconds).toBeGreaterThanOrEqual(1);
      expect(seconds).toBeLessThanOrEqual(60);
      expect(refusal.message).toContain(`Your client is asked to try again in ${String(seconds)} s`);
      expect(refusal.message).toContain(`locked by transaction ${namespace}/${held.transaction.metadata.name ?? ''}`);
    }
    expect(await cluster.admin.get(configMap(namespace, 'asked'))).toEqual(object);
    await held.release();
  });

  test('is refused at once as a dry run, and to those whom waiting would hold up', async () => {
    const held = await delaying('not-delayed');
    const { admin } = cluster;
    const object = await admin.get(configMap(namespace, 'not-delayed'));
    for (const { send } of WRITE_PATHS) await expectLocked(send(admin, object, '3', { dryRun: true }));
    const controllers: readonly Identity[] = [
      { user: 'system:kube-controller-manager', groups: ['system:masters'] },
      {
        user: 'system:serviceaccount:kube-system:generic-garbage-collector',
        groups: ['system:masters', 'system:serviceaccounts:kube-system'],
      },
    ];
    for (const as of controllers)
      await expectLocked(admin.patch(configMap(namespace, 'not-delayed'), { type: 'merge', patch: { data: { a: '3' } } }, { as }));
    await held.release();
  });

  test('to a field that is not locked is not delayed', async () => {
    const held = await delaying('partly', { type: 'Patch', name: 'partly', content: { data: { a: '2' } } });
    await cluster.admin.patch(configMap(namespace, 'partly'), { type: 'merge', patch: { data: { b: '2' } } });
    expect(
      (await refusalOf(cluster.admin.patch(configMap(namespace, 'partly'), { type: 'merge', patch: { data: { a: '3' } } }))).code,
    ).toBe(429);
    await held.release();
    expect((await cluster.admin.get(configMap(namespace, 'partly')))['data']).toEqual({ a: '2', b: '2' });
  });

  test('by another transaction is told at once who holds it, so that the two do not wait for each other blindly', async () => {
    const held = await delaying('met');
    const second = await draft(cluster.admin, namespace, [{ type: 'Patch', name: 'met', content: { data: { b: '2' } } }], {
      onConflict: 'Fail',
    });
    await seal(cluster.admin, second);
    const done = await ended(cluster.admin, second);
    expect(done.status?.phase).toBe('Failed');
    await held.release();
  });
});

describe('an unchanged kubectl that writes to an object of a transaction with foreignWrites Delay', () => {
  const commands: readonly (readonly [
    string,
    (name: string) => { readonly args: readonly string[]; readonly stdin?: string; readonly left: string | undefined },
  ])[] = [
    ['apply', (name) => ({ args: ['apply', '-f', '-'], stdin: manifest(name, '3'), left: '3' })],
    [
      'apply --server-side',
      (name) => ({ args: ['apply', '--server-side', '--force-conflicts', '-f', '-'], stdin: manifest(name, '3'), left: '3' }),
    ],
    ['patch', (name) => ({ args: ['patch', 'configmap', name, '-p', '{"data":{"a":"3"}}'], left: '3' })],
    ['delete', (name) => ({ args: ['delete', 'configmap', name], left: undefined })],
  ];
  for (const [at, [command, of]] of commands.entries()) {
    test(`waits with kubectl ${command}, and succeeds by itself when the transaction has ended`, async () => {
      const name = `waiting-${String(at)}`;
      const { args, stdin, left } = of(name);
      const held = await delaying(name);
      const before = await refusals();
      const child = run(args, stdin);
      await untilRefused(1, before);
      expect(child.isOver()).toBe(false);
      const object = await cluster.admin.get(configMap(namespace, name));
      expect(object['data']).toEqual({ a: '1' });
      expect((await held.release()).status?.phase).toBe('Committed');
      const { code, stderr } = await child.ended;
      expect(code, stderr).toBe(0);
      const after = await find(cluster.admin, configMap(namespace, name));
      expect((after?.['data'] as { readonly a?: string } | undefined)?.a).toBe(left);
      expect(after?.metadata.labels?.[LOCK_LABEL]).toBeUndefined();
    });
  }

  test('waits with kubectl replace, too, which then learns that the object is not any more what it had read', async () => {
    const held = await delaying('replaced');
    const before = await refusals();
    const child = run(['replace', '-f', '-'], manifest('replaced', '3'));
    await untilRefused(1, before);
    await held.release();
    const { code, stderr } = await child.ended;
    expect([code, stderr.includes('Conflict')], stderr).toEqual([1, true]);
    expect((await cluster.admin.get(configMap(namespace, 'replaced')))['data']).toEqual({ a: '2' });
  });

  test('succeeds, too, when the transaction is rolled back', async () => {
    const clash: Change = {
      type: 'Create',
      kind: 'Service',
      name: 'clash',
      order: 2,
      content: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'clash' },
        spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 31_666 }] },
      },
    };
    const first: Change = { ...clash, name: 'clash-first', order: 1, content: { ...clash.content, metadata: { name: 'clash-first' } } };
    await makeConfigMap(cluster.admin, namespace, 'undone', { a: '1' });
    const held = await hold(cluster.admin, namespace, [replacement('undone'), first, clash], { foreignWrites: 'Delay' });
    const before = await refusals();
    const child = run(['patch', 'configmap', 'undone', '-p', '{"data":{"a":"3"}}']);
    await untilRefused(1, before);
    const done = held.release();
    await until(cluster.admin, held.transaction, ({ status }) => status?.phase === 'RolledBack');
    const { code, stderr } = await child.ended;
    expect(code, stderr).toBe(0);
    expect((await done).status?.phase).toBe('RolledBack');
    expect((await cluster.admin.get(configMap(namespace, 'undone')))['data']).toEqual({ a: '3' });
  });
});
