import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TransportError } from '../../src/kube/errors.ts';
import { GRANT_LEEWAY_SECONDS } from '../../src/lock/grants.ts';
import { LOCK_LABEL } from '../../src/lock/label.ts';
import { bootCluster, type Cluster, type Fault } from '../janus/running.ts';
import { configMap, find, makeConfigMap, makeNamespace, makeServiceAccount, transact, type Change } from '../janus/transacting.ts';
import { grant } from '../janus/rights.ts';
import { ENV } from './run.ts';
import { refuseByPolicy } from './policy.ts';
import { REFUSED } from './scenarios.ts';

let cluster: Cluster;
let namespace: string;
let fault: Fault | undefined;

beforeAll(async () => {
  cluster = await bootCluster();
  await refuseByPolicy(cluster.admin);
  await cluster.start({ env: ENV, fault: (request, send) => (fault === undefined ? send(request) : fault(request, send)) });
  namespace = await makeNamespace(cluster.admin);
});
beforeEach(() => (fault = undefined));
afterAll(() => cluster?.stop());

type Request = Parameters<Fault>[0];

const isWriteTo =
  (name: string, verb: Request['label']['verb']) =>
  ({ as, label }: Request): boolean =>
    as !== undefined && label.resource === 'configmaps' && label.name === name && label.verb === verb && !label.dryRun;

const create = (name: string, order = 0): Change => ({
  type: 'Create',
  name,
  order,
  content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } },
});

/** Loses the answer to the first lock of an object; the write takes effect. */
function losesLockOf(name: string, verb: 'patch' | 'update'): Fault {
  const isLock = isWriteTo(name, verb);
  let lost = false;
  return async (request, send) => {
    const answer = await send(request);
    if (lost || answer.status !== 200 || !isLock(request) || !(request.body ?? '').includes(LOCK_LABEL)) return answer;
    lost = true;
    throw new TransportError('the test has cut the connection', { neverSent: false });
  };
}

describe('a lock that took effect, and of which the answer was lost, is held all the same', () => {
  test('by a ServiceAccount that may patch', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'unheard', { a: '1' });
    fault = losesLockOf('unheard', 'patch');
    const { status } = await transact(admin, namespace, [{ type: 'Patch', name: 'unheard', content: { data: { a: '2' } } }]);
    expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True', reason: 'Committed' });
    expect((await admin.get(configMap(namespace, 'unheard')))['data']).toEqual({ a: '2' });
  });

  test('by one that may only update', async () => {
    const { admin } = cluster;
    await makeServiceAccount(admin, namespace, 'updater');
    await grant(admin, { namespace, name: 'updater' }, namespace, { configmaps: ['get', 'update'] });
    await makeConfigMap(admin, namespace, 'unheard-put', { a: '1' });
    fault = losesLockOf('unheard-put', 'update');
    const content = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'unheard-put' }, data: { a: '2' } };
    const { status } = await transact(admin, namespace, [{ type: 'Update', name: 'unheard-put', content }], {
      serviceAccountName: 'updater',
    });
    expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True', reason: 'Committed' });
    expect((await admin.get(configMap(namespace, 'unheard-put')))['data']).toEqual({ a: '2' });
  });
});

/** Until a Create that was sent under `ENV` can no longer land: its timeout, the life of its grant, and the leeway of clocks. */
const LANDS_WITHIN_MS = 2_000 + 1_000 + GRANT_LEEWAY_SECONDS * 1_000;

test('a Create of which a server said 504 is waited for, and does not land once a rollback has removed what its second try had made', async () => {
  const { admin } = cluster;
  const isCreate = isWriteTo('late', 'apply');
  const isRemoval = isWriteTo('late', 'delete');
  let late: Request | undefined;
  let sentAt = 0;
  let landed: number | undefined;
  fault = async (request, send) => {
    if (late === undefined && isCreate(request)) {
      const { signal: _signal, ...sent } = request;
      late = sent;
      sentAt = performance.now();
      const status = { apiVersion: 'v1', kind: 'Status', code: 504, reason: 'Timeout', message: 'the test has no time' };
      return { status: 504, headers: {}, body: JSON.stringify(status) };
    }
    const answer = await send(request);
    if (late !== undefined && landed === undefined && isRemoval(request)) landed = (await send(late)).status;
    return answer;
  };
  const { status } = await transact(admin, namespace, [create('late'), create(REFUSED, 1)]);
  expect(status?.phase).toBe('RolledBack');
  expect(performance.now() - sentAt).toBeGreaterThan(LANDS_WITHIN_MS);
  expect(landed).toBe(403);
  expect(await find(admin, configMap(namespace, 'late'))).toBeUndefined();
});

test('an object that another has replaced between its dry run and its lock is left alone, and that is said', async () => {
  const { admin } = cluster;
  await makeConfigMap(admin, namespace, 'replaced', { a: '1' });
  const isPatch = isWriteTo('replaced', 'patch');
  let replaced = false;
  fault = async (request, send) => {
    if (!replaced && isPatch(request) && (request.body ?? '').includes(LOCK_LABEL)) {
      replaced = true;
      await admin.delete(configMap(namespace, 'replaced'));
      await makeConfigMap(admin, namespace, 'replaced', { a: 'theirs' });
    }
    return send(request);
  };
  const { status } = await transact(admin, namespace, [{ type: 'Patch', name: 'replaced', content: { data: { a: '2' } } }]);
  expect(status?.phase).toBe('RolledBack');
  expect(JSON.stringify(status)).toContain('was deleted or replaced by another while it was being locked');
  expect(await admin.get(configMap(namespace, 'replaced'))).toMatchObject({ data: { a: 'theirs' } });
});
