import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isApiError } from '../../src/kube/errors.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { SETTINGS } from '../janus/cast.ts';
import { at, complete, mergeAs } from '../janus/objects.ts';
import { defineWidgets } from '../janus/widgets.ts';
import { HELD_OPEN, makeGate } from '../janus/gate.ts';
import { grant, revoke, type Rights } from '../janus/rights.ts';
import { conditionOf, EXACT, rollBackOnRequest, thereAndBack, WAYS } from '../janus/rolling-back.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import {
  annotate,
  type Change,
  CONFIG_MAPS,
  configMap,
  draft,
  inPhase,
  makeConfigMap,
  makeNamespace,
  makeServiceAccount,
  plain,
  seal,
  transact,
  until,
} from '../janus/transacting.ts';

let cluster: Cluster;
let operator: Operator;
let namespace: string;
let account: { readonly namespace: string; readonly name: string };
let made = 0;

beforeAll(async () => {
  cluster = await bootCluster();
  operator = await cluster.start();
  await defineWidgets(cluster.admin);
});
afterAll(() => cluster?.stop());
beforeEach(async () => {
  namespace = await makeNamespace(cluster.admin);
  account = { namespace, name: 'lesser' };
  await makeServiceAccount(cluster.admin, namespace, account.name);
});

/** Whatever the Services need that make a transaction fail late. */
const SERVICES: Rights = { services: ['get', 'create', 'patch', 'delete'] };
const AS_LESSER = { serviceAccountName: 'lesser' };

const fresh = (): string => `it-${String((made += 1))}`;
const patched = (name: string, where?: string): Change => ({
  type: 'Patch',
  name,
  content: SETTINGS.part,
  ...(where === undefined ? {} : { namespace: where }),
});
const updated = (name: string): Change => ({
  type: 'Update',
  name,
  content: complete(at(CONFIG_MAPS, namespace, name), SETTINGS.whole(name)),
});

describe('a ServiceAccount that may get and update, but not patch,', () => {
  const rights = { ...SERVICES, configmaps: ['get', 'update'] };

  test.each(WAYS)('locks, commits and rolls back an Update, %s', async (way) => {
    const { admin } = cluster;
    await grant(admin, account, namespace, rights);
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const free = async (): Promise<void> => {
      const live = await admin.get(configMap(namespace, name));
      expect(live['data']).toEqual({ a: '2', d: '4' });
      expect(live.metadata.labels).toEqual({ app: 'other' });
    };
    const done = await thereAndBack(admin, namespace, [updated(name)], way, { spec: AS_LESSER, committed: free });
    expect(plain(await admin.get(configMap(namespace, name)))).toEqual(plain(before));
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
  });

  test('leaves what others have written elsewhere since, on request after the commit', async () => {
    const { admin } = cluster;
    await grant(admin, account, namespace, rights);
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const committed = await transact(admin, namespace, [updated(name)], AS_LESSER);
    await mergeAs(admin, 'kubectl', configMap(namespace, name), { data: { theirs: '1' } });
    const done = await rollBackOnRequest(admin, committed);
    expect((await admin.get(configMap(namespace, name)))['data']).toEqual({ ...(before['data'] as object), theirs: '1' });
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
  });

  test('is told, before anything is touched, that it may not patch', async () => {
    const { admin } = cluster;
    await grant(admin, account, namespace, rights);
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const done = await transact(admin, namespace, [patched(name)], AS_LESSER);
    expect(done.status?.phase).toBe('RolledBack');
    expect(done.status?.items?.[0]?.error).toContain(`ConfigMap ${namespace}/${name}: not allowed to lesser`);
    expect(await admin.get(configMap(namespace, name))).toEqual(before);
  });
});

describe('a ServiceAccount that may patch, but not get,', () => {
  test.each(WAYS)('locks, commits and rolls back a Patch, %s', async (way) => {
    const { admin } = cluster;
    await grant(admin, account, namespace, { ...SERVICES, configmaps: ['patch'] });
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const done = await thereAndBack(admin, namespace, [patched(name)], way, { spec: AS_LESSER });
    expect(plain(await admin.get(configMap(namespace, name)))).toEqual(plain(before));
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
  });
});

describe('a ServiceAccount that could not undo what it is about to do', () => {
  test('is told, before anything is touched, which right it lacks', async () => {
    const { admin } = cluster;
    await grant(admin, account, namespace, { configmaps: ['get', 'patch', 'delete'] });
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const done = await transact(admin, namespace, [{ type: 'Delete', name }], AS_LESSER);
    expect(done.status?.phase).toBe('RolledBack');
    expect(done.status?.items?.[0]?.error).toContain(
      `lesser may not create ConfigMap ${namespace}/${name}, which undoing this Delete would take`,
    );
    expect(await admin.get(configMap(namespace, name))).toEqual(before);
  });
});

describe('a rollback for which rights were revoked', () => {
  const rights = { configmaps: ['get', 'patch'] };

  async function inTwoNamespaces(): Promise<{
    readonly other: string;
    readonly here: KubeObject;
    readonly there: KubeObject;
    readonly changes: readonly Change[];
  }> {
    const { admin } = cluster;
    const other = await makeNamespace(admin);
    await grant(admin, account, namespace, rights);
    await grant(admin, account, other, rights);
    const here = await makeConfigMap(admin, namespace, 'here', { a: '1' });
    const there = await SETTINGS.make(admin, other, 'there');
    return { other, here, there, changes: [{ type: 'Patch', name: 'here', content: { data: { a: '2' } } }, patched('there', other)] };
  }

  test('after the commit restores the rest, names what it may not, and finishes by itself once the rights are back', async () => {
    const { admin } = cluster;
    const { other, here, there, changes } = await inTwoNamespaces();
    const committed = await transact(admin, namespace, changes, AS_LESSER);
    expect(committed.status?.phase, JSON.stringify(committed.status)).toBe('Committed');
    await revoke(admin, account, other, rights);
    await annotate(admin, committed, 'tx.janus.io/request-rollback');
    const failed = await inPhase(admin, committed, 'Failed');
    expect(failed.status?.items?.map(({ error = '' }) => error.includes('forbidden'))).toEqual([false, true]);
    expect(conditionOf(failed, 'Failed')?.message).toContain(`ConfigMap ${other}/there: `);
    expect(conditionOf(failed, 'Stalled')).toMatchObject({ status: 'True', reason: 'RollbackFailed' });
    expect(plain(await admin.get(configMap(namespace, 'here')))).toEqual(plain(here));
    expect((await admin.get(configMap(other, 'there')))['data']).toMatchObject({ a: '2' });
    await grant(admin, account, other, rights);
    const done = await inPhase(admin, committed, 'RolledBack');
    expect(plain(await admin.get(configMap(other, 'there')))).toEqual(plain(there));
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
    expect(done.status?.items?.map(({ rolledBack, error }) => ({ rolledBack, error }))).toEqual([
      { rolledBack: true },
      { rolledBack: true },
    ]);
  });

  test('after the commit is finished by the next process, if the one that began it dies', async () => {
    const { admin } = cluster;
    const { other, there, changes } = await inTwoNamespaces();
    const committed = await transact(admin, namespace, changes, AS_LESSER);
    await revoke(admin, account, other, rights);
    await annotate(admin, committed, 'tx.janus.io/request-rollback');
    await until(
      admin,
      committed,
      ({ status, metadata }) => status?.phase === 'Failed' && metadata.annotations?.['tx.janus.io/request-rollback'] === undefined,
    );
    await operator.crash();
    await grant(admin, account, other, rights);
    operator = await cluster.start();
    await inPhase(admin, committed, 'RolledBack');
    expect(plain(await admin.get(configMap(other, 'there')))).toEqual(plain(there));
  });

  test('after the commit still finds what others have changed while it could not go on', async () => {
    const { admin } = cluster;
    const { other, changes } = await inTwoNamespaces();
    const committed = await transact(admin, namespace, changes, AS_LESSER);
    await revoke(admin, account, other, rights);
    await annotate(admin, committed, 'tx.janus.io/request-rollback');
    await inPhase(admin, committed, 'Failed');
    await mergeAs(admin, 'kubectl', configMap(other, 'there'), { data: { a: 'theirs' } });
    await grant(admin, account, other, rights);
    const left = await until(admin, committed, ({ status }) => status?.items?.[1]?.error?.startsWith('conflict') === true);
    expect(left.status?.items?.[1]?.error).toContain('was changed since the transaction wrote it');
    expect((await admin.get(configMap(other, 'there')))['data']).toMatchObject({ a: 'theirs' });
  });

  test('while it was open keeps what it may not undo locked, names it, and finishes by itself once the rights are back', async () => {
    const { admin } = cluster;
    const { other, here, there, changes } = await inTwoNamespaces();
    const gate = await makeGate(admin, namespace);
    await admin.create(
      {
        kind: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'RoleBinding', resource: 'rolebindings', namespaced: true },
        namespace,
        name: 'gate',
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'gate' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: account.name, namespace }],
      },
    );
    const transaction = await draft(admin, namespace, [...changes, { ...gate.change, order: 1 }], { ...AS_LESSER, ...HELD_OPEN });
    await seal(admin, transaction);
    await gate.reached();
    await revoke(admin, account, other, rights);
    await gate.fail();
    const failed = await inPhase(admin, transaction, 'Failed');
    expect(conditionOf(failed, 'Failed')?.message).toContain(`ConfigMap ${other}/there: `);
    expect(plain(await admin.get(configMap(namespace, 'here')))).toEqual(plain(here));
    await expect(mergeAs(admin, 'stranger', configMap(other, 'there'), { data: { a: 'x' } })).rejects.toSatisfy((error) =>
      isApiError(error, 423),
    );
    await grant(admin, account, other, rights);
    const done = await inPhase(admin, transaction, 'RolledBack');
    expect(plain(await admin.get(configMap(other, 'there')))).toEqual(plain(there));
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
  });
});
