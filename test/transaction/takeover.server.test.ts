import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/api/transaction.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { SERVICE_ACCOUNTS } from '../../src/kube/well-known.ts';
import { hold } from '../janus/holding.ts';
import { pastGuards } from '../janus/past-guards.ts';
import { bootCluster, type Cluster, type Fault, type Operator } from '../janus/running.ts';
import {
  annotate,
  type Change,
  configMap,
  draft,
  ended,
  find,
  makeConfigMap,
  makeNamespace,
  plain,
  seal,
  transact,
} from '../janus/transacting.ts';

let cluster: Cluster;
let operator: Operator | undefined;
/** The node port of the last Service that was to be made. */
let nodePorts = 31_000;

beforeAll(async () => {
  cluster = await bootCluster();
});
afterEach(async () => {
  await operator?.crash();
  operator = undefined;
});
afterAll(() => cluster?.stop());

/** Settings under which a Create whose answer was lost need not be waited for long. */
const ENV = { JANUS_REQUEST_TIMEOUT_MS: '2000', JANUS_GRANT_LIFE_SECONDS: '1' };

type Request = Parameters<Fault>[0];

/** Ends the process at the first request that fits: before it is sent, or after the server has carried it out. */
function killAt(fits: (request: Request) => boolean, when: 'before' | 'after'): { readonly fault: Fault; readonly died: Promise<void> } {
  let die: () => void = () => undefined;
  const died = new Promise<void>((resolve) => (die = resolve));
  let dead = false;
  const never = new Promise<never>(() => undefined);
  return {
    died,
    fault: async (request, send) => {
      if (dead) return never;
      if (!fits(request)) return send(request);
      dead = true;
      if (when === 'after') await send(request);
      die();
      return never;
    },
  };
}

const isRecord = (request: Request, verb: string): boolean =>
  request.label.resource === 'secrets' && request.label.verb === verb && (request.label.name ?? '').startsWith('tx-');
const record =
  (phase: string) =>
  (request: Request): boolean =>
    isRecord(request, 'update') && phaseIn(request) === phase;

function phaseIn(request: Request): string {
  const payload = (JSON.parse(request.body ?? '{}') as { data?: { payload?: string } }).data?.payload ?? '';
  const text = gunzipSync(Buffer.from(payload, 'base64')).toString('utf8');
  return (JSON.parse(text) as { phase?: string }).phase ?? '';
}

const impersonated =
  (verb: string) =>
  (request: Request): boolean =>
    request.as !== undefined && request.label.verb === verb && !request.label.dryRun;

interface Scene {
  readonly namespace: string;
  readonly before: ReadonlyMap<string, KubeObject>;
  readonly changes: readonly Change[];
}

async function scene(failing: boolean): Promise<Scene> {
  const namespace = await makeNamespace(cluster.admin);
  const names = ['patched', 'updated', 'deleted'];
  const made = await Promise.all(names.map((name) => makeConfigMap(cluster.admin, namespace, name, { a: '1', b: '1' })));
  const content = (name: string): Record<string, unknown> => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { a: '2' },
  });
  const service = (name: string, nodePort: number): Change => ({
    type: 'Create',
    kind: 'Service',
    name,
    order: 3,
    content: { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort }] } },
  });
  const port = (nodePorts += 1);
  return {
    namespace,
    before: new Map(names.map((name, at) => [name, made[at] as KubeObject])),
    changes: [
      { type: 'Patch', name: 'patched', content: { data: { a: '2' } } },
      { type: 'Create', name: 'created', content: content('created') },
      { type: 'Update', name: 'updated', content: content('updated'), order: 1 },
      { type: 'Delete', name: 'deleted', order: 2 },
      ...(failing ? [service('one', port), { ...service('two', port), order: 4 }] : []),
    ],
  };
}

async function expectCommitted({ namespace }: Scene, done: Transaction): Promise<void> {
  const { admin } = cluster;
  expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
  const objects = await Promise.all(['patched', 'updated', 'created'].map((name) => admin.get(configMap(namespace, name))));
  expect(objects.map((object) => object['data'])).toEqual([{ a: '2', b: '1' }, { a: '2' }, { a: '2' }]);
  expect(objects.map((object) => object.metadata.labels)).toEqual([undefined, undefined, undefined]);
  expect(await find(admin, configMap(namespace, 'deleted'))).toBeUndefined();
}

async function expectRolledBack({ namespace, before }: Scene, done: Transaction): Promise<void> {
  const { admin } = cluster;
  expect(done.status?.phase, JSON.stringify(done.status)).toBe('RolledBack');
  expect(plain(await admin.get(configMap(namespace, 'patched')))).toEqual(plain(before.get('patched') as KubeObject));
  expect(plain(await admin.get(configMap(namespace, 'updated')))).toEqual(plain(before.get('updated') as KubeObject));
  const again = plain(await admin.get(configMap(namespace, 'deleted')));
  const was = plain(before.get('deleted') as KubeObject);
  expect({ ...again.metadata, uid: '', creationTimestamp: '' }).toEqual({ ...was.metadata, uid: '', creationTimestamp: '' });
  expect(again['data']).toEqual(was['data']);
  expect(await find(admin, configMap(namespace, 'created'))).toBeUndefined();
}

async function killedAndStartedAnew(
  scene_: Scene,
  fits: (request: Request) => boolean,
  when: 'before' | 'after',
  ask?: string,
): Promise<Transaction> {
  const { admin } = cluster;
  const { fault, died } = killAt(fits, when);
  operator = await cluster.start({ env: ENV, ...(ask === undefined ? { fault } : {}) });
  const transaction = await draft(admin, scene_.namespace, scene_.changes);
  await seal(admin, transaction);
  if (ask !== undefined) {
    await ended(admin, transaction);
    await operator.crash();
    operator = await cluster.start({ env: ENV, fault });
    await annotate(admin, transaction, ask);
  }
  await died;
  await operator.crash();
  operator = await cluster.start({ env: ENV });
  const until = ask === undefined ? ended : (): Promise<Transaction> => phaseOf(transaction, 'RolledBack');
  return until(admin, transaction);
}

async function phaseOf(transaction: Transaction, phase: 'RolledBack' | 'Failed'): Promise<Transaction> {
  const { inPhase } = await import('../janus/transacting.ts');
  return inPhase(cluster.admin, transaction, phase);
}

const FORWARD: readonly (readonly [string, (request: Request) => boolean])[] = [
  ['the record is made', (request) => isRecord(request, 'create')],
  ['a lock is taken', (request) => impersonated('patch')(request) && (request.body ?? '').includes('tx.janus.io/lock')],
  [
    'before-images are written',
    (request) =>
      isRecord(request, 'create') &&
      /tx-.*-\d+-\d+-\d+$/.test((JSON.parse(request.body ?? '{}') as { metadata: { name: string } }).metadata.name),
  ],
  ['the record says Committing', record('Committing')],
  ['a change is applied', impersonated('apply')],
  ['an object is replaced', impersonated('update')],
  ['an object is deleted', impersonated('delete')],
  ['the record says Committed', record('Committed')],
  ['a lock is taken off', (request) => impersonated('patch')(request) && (request.body ?? '').includes('"remove"')],
];

describe('a process that is killed while a transaction commits, and started anew, goes on where it was', () => {
  for (const [what, fits] of FORWARD) {
    for (const when of ['before', 'after'] as const) {
      test(`${when} ${what}`, async () => {
        const scene_ = await scene(false);
        await expectCommitted(scene_, await killedAndStartedAnew(scene_, fits, when));
      });
    }
  }
});

test('a process that takes a commit over and may not go on with it restores everything', async () => {
  const { admin } = cluster;
  const scene_ = await scene(false);
  const { fault, died } = killAt(impersonated('update'), 'after');
  operator = await cluster.start({ env: ENV, fault });
  const transaction = await draft(admin, scene_.namespace, scene_.changes);
  await seal(admin, transaction);
  await died;
  await operator.crash();
  await admin.delete({ kind: SERVICE_ACCOUNTS, namespace: scene_.namespace, name: 'deployer' });
  operator = await cluster.start({ env: ENV });
  const done = await ended(admin, transaction);
  expect(JSON.stringify(done.status)).toContain('ServiceAccount \\"deployer\\" not found');
  await expectRolledBack(scene_, done);
});

test('a process that takes a rollback over leaves what somebody else has created in the place of what was deleted', async () => {
  const { admin } = cluster;
  const scene_ = await scene(true);
  const { fault, died } = killAt((request) => impersonated('create')(request) && request.label.resource === 'configmaps', 'before');
  operator = await cluster.start({ env: ENV, fault });
  const transaction = await draft(admin, scene_.namespace, scene_.changes);
  await seal(admin, transaction);
  await died;
  await operator.crash();
  const { metadata } = await pastGuards(admin, () => makeConfigMap(admin, scene_.namespace, 'deleted', { a: 'a stranger’s' }));
  operator = await cluster.start({ env: ENV });
  const done = await phaseOf(transaction, 'Failed');
  expect(JSON.stringify(done.status)).toContain(`exists again: somebody else created it (uid ${metadata.uid ?? ''})`);
  expect((await admin.get(configMap(scene_.namespace, 'deleted')))['data']).toEqual({ a: 'a stranger’s' });
});

const BACK: readonly (readonly [string, (request: Request) => boolean])[] = [
  ['the record says RollingBack', record('RollingBack')],
  ['what was created is deleted', (request) => impersonated('delete')(request) && request.label.resource === 'services'],
  ['what was deleted is made again', impersonated('create')],
  ['an object is put back', (request) => impersonated('update')(request) && (request.body ?? '').includes('"b":"1"')],
  ['fields are given back', (request) => impersonated('patch')(request) && (request.body ?? '').includes('/metadata/managedFields')],
  ['the record says RolledBack', record('RolledBack')],
];

describe('a process that is killed while a transaction is rolled back, and started anew, restores everything', () => {
  for (const [what, fits] of BACK) {
    for (const when of ['before', 'after'] as const) {
      test(`${when} ${what}`, async () => {
        const scene_ = await scene(true);
        await expectRolledBack(scene_, await killedAndStartedAnew(scene_, fits, when));
      });
    }
  }
});

describe('a process that is killed in a rollback on request, and started anew, restores everything', () => {
  for (const [what, fits] of BACK.filter(([name]) => !name.includes('created'))) {
    test(`after ${what}`, async () => {
      const scene_ = await scene(false);
      await expectRolledBack(scene_, await killedAndStartedAnew(scene_, fits, 'after', 'tx.janus.io/request-rollback'));
    });
  }
});

test('a new process that cannot go on with a commit undoes what the earlier one has written', async () => {
  const { admin } = cluster;
  const scene_ = await scene(false);
  operator = await cluster.start({ env: ENV });
  const held = await hold(admin, scene_.namespace, [{ type: 'Patch', name: 'patched', content: { data: { a: '2' } }, order: 0 }]);
  await operator.crash();
  await admin.delete({ kind: SERVICE_ACCOUNTS, namespace: scene_.namespace, name: 'deployer' });
  operator = await cluster.start({ env: ENV });
  const done = await ended(admin, held.transaction);
  expect(done.status?.phase, JSON.stringify(done.status)).toBe('RolledBack');
  expect(plain(await admin.get(configMap(scene_.namespace, 'patched')))).toEqual(plain(scene_.before.get('patched') as KubeObject));
});

test('a new process finds nothing to do where everything has ended', async () => {
  operator = await cluster.start({ env: ENV });
  const scene_ = await scene(false);
  const done = await transact(cluster.admin, scene_.namespace, scene_.changes);
  await operator.stop();
  operator = await cluster.start({ env: ENV });
  const { admin } = cluster;
  expect((await ended(admin, done)).metadata.resourceVersion).toBe(done.metadata.resourceVersion);
});
