import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/kube/client.ts';
import type { KubeObject, ObjectRef } from '../../src/kube/object.ts';
import { SECRETS } from '../../src/kube/well-known.ts';
import { unlockManagerFor } from '../../src/lock/forced-unlock.ts';
import { LOCK_LABEL, parseLockLabel } from '../../src/lock/label.ts';
import { ownUsername } from '../../src/operator/rbac.ts';
import { hold, type Held } from '../janus/holding.ts';
import { at, eventually } from '../janus/objects.ts';
import { grant, revoke, ROLE_BINDINGS, ROLES } from '../janus/rights.ts';
import { conditionOf, doomed } from '../janus/rolling-back.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import {
  annotate,
  configMap,
  draft,
  ended,
  inPhase,
  makeConfigMap,
  makeNamespace,
  makeServiceAccount,
  plain,
  seal,
  until,
  type Change,
} from '../janus/transacting.ts';
import { kubectl } from '../lock/kubectl.ts';
import { expectLocked, refusalOf } from '../lock/refusals.ts';

/** May write ConfigMaps everywhere, and break locks of transactions in `namespace`. */
const CAROL: Identity = { user: 'carol' };
/** May write ConfigMaps, and break no lock. */
const BOB: Identity = { user: 'bob' };

let cluster: Cluster;
let operator: Operator;
let namespace: string;
let made = 0;

beforeAll(async () => {
  cluster = await bootCluster();
  operator = await cluster.start();
  namespace = await makeNamespace(cluster.admin);
  await allow('writers', ['carol', 'bob'], { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'patch', 'update'] });
  await allow('breakers', ['carol'], { apiGroups: ['tx.janus.io'], resources: ['transactions'], verbs: ['unlock'] });
  const attributes = { namespace, group: 'tx.janus.io', resource: 'transactions', verb: 'unlock' };
  const spec = { user: 'carol', resourceAttributes: attributes };
  await eventually('carol may break locks', async () => {
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    return (await cluster.admin.raw<{ status?: { allowed?: boolean } }>('POST', path, review)).status?.allowed === true;
  });
});
afterAll(() => cluster?.stop());

async function allow(name: string, users: readonly string[], rule: object): Promise<void> {
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name } };
  await cluster.admin.create(at(ROLES, namespace, name), { ...rbac, kind: 'Role', rules: [rule] });
  await cluster.admin.create(at(ROLE_BINDINGS, namespace, name), {
    ...rbac,
    kind: 'RoleBinding',
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: users.map((user) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user })),
  });
}

const fresh = (): string => `it-${String((made += 1))}`;
const patched = (name: string, order: number): Change => ({ type: 'Patch', name, order, content: { data: { a: '2' } } });
const created = (name: string, order: number): Change => ({
  type: 'Create',
  name,
  order,
  content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } },
});

/** What `janus unlock --force` sends: takes exactly this label off, and says whose it is. */
async function breakLock(ref: ObjectRef, as: Identity = CAROL, dryRun = false): Promise<KubeObject> {
  const label = (await cluster.admin.get(ref)).metadata.labels?.[LOCK_LABEL];
  const operations = [
    { op: 'test', path: '/metadata/labels/tx.janus.io~1lock', value: label },
    { op: 'remove', path: '/metadata/labels/tx.janus.io~1lock' },
  ] as const;
  const fieldManager = unlockManagerFor(parseLockLabel(label)?.transaction ?? '');
  return (await cluster.admin.patch(ref, { type: 'json', operations }, { as, fieldManager, dryRun })).object;
}

const dataOf = async (name: string): Promise<unknown> => (await cluster.admin.get(configMap(namespace, name)))['data'];

/** Everything that was told of a transaction, by reason. */
async function told({ transaction }: Held, reason: string): Promise<readonly string[]> {
  const events = await cluster.admin.list(
    { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true },
    { namespace, fieldSelector: `involvedObject.uid=${transaction.metadata.uid ?? ''}` },
  );
  return events.items.filter((event) => event['reason'] === reason).map((event) => String(event['message']));
}

async function broken(): Promise<number> {
  const line = (await operator.metrics()).split('\n').find((one) => one.startsWith('janus_locks_broken_total'));
  return Number(line?.split(' ')[1] ?? 0);
}

describe('a lock that is broken by force', () => {
  test('before the change is made ends the transaction, which undoes the rest and leaves this object to others', async () => {
    const { admin } = cluster;
    const [first, second] = [fresh(), fresh()];
    const before = await makeConfigMap(admin, namespace, first, { a: '1' });
    await makeConfigMap(admin, namespace, second, { a: '1' });
    const held = await hold(admin, namespace, [patched(first, 0), patched(second, 1)]);
    await until(admin, held.transaction, ({ status }) => status?.itemsCommitted === 2);
    const count = await broken();
    const free = await breakLock(configMap(namespace, second));
    expect(free.metadata.labels).toBeUndefined();
    await admin.patch(configMap(namespace, second), { type: 'merge', patch: { data: { a: 'theirs' } } }, { as: BOB });
    // By itself, though its gate is shut.
    const done = await ended(admin, held.transaction);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('RolledBack');
    expect(conditionOf(done, 'Ready')?.message).toMatch(
      new RegExp(`ConfigMap ${namespace}/${second} lost its lock: carol broke it by force at \\d{4}-`),
    );
    expect(await dataOf(second)).toEqual({ a: 'theirs' });
    expect(plain(await admin.get(configMap(namespace, first)))).toEqual(plain(before));
    expect(await broken()).toBe(count + 1);
    await eventually('an Event names who did it', async () =>
      (await told(held, 'ForceUnlocked')).includes(`carol breaks the lock of ConfigMap ${namespace}/${second} by force`),
    );
    await eventually('an Event names what was lost', async () => (await told(held, 'LockRenewalFailed')).length === 1);
  });

  test('after the change was made leaves the object as it is and names it, until somebody forces that, too', async () => {
    const { admin } = cluster;
    const [first, second] = [fresh(), fresh()];
    const before = await makeConfigMap(admin, namespace, first, { a: '1' });
    await makeConfigMap(admin, namespace, second, { a: '1' });
    const held = await hold(admin, namespace, [patched(first, 0), patched(second, 0)]);
    await until(admin, held.transaction, ({ status }) => status?.itemsCommitted === 3);
    await breakLock(configMap(namespace, second));
    await admin.patch(configMap(namespace, second), { type: 'merge', patch: { data: { b: 'theirs' } } }, { as: BOB });
    const done = await held.release();
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Failed');
    const [gate, one, two] = done.status?.items ?? [];
    expect([gate?.rolledBack, one?.rolledBack, two?.rolledBack]).toEqual([true, true, false]);
    expect(two?.error).toContain(`conflict: ConfigMap ${namespace}/${second} lost its lock: carol broke it by force at`);
    expect(plain(await admin.get(configMap(namespace, first)))).toEqual(plain(before));
    expect(await dataOf(second)).toEqual({ a: '2', b: 'theirs' });

    await annotate(admin, held.transaction, 'tx.janus.io/retry-rollback');
    await until(admin, held.transaction, ({ metadata }) => metadata.annotations?.['tx.janus.io/retry-rollback'] === undefined);
    expect(await dataOf(second)).toEqual({ a: '2', b: 'theirs' });
    expect((await admin.get(configMap(namespace, second))).metadata.labels).toBeUndefined();

    await annotate(admin, held.transaction, 'tx.janus.io/retry-rollback', 'force');
    await inPhase(admin, held.transaction, 'RolledBack');
    expect(await dataOf(second)).toEqual({ a: '1', b: 'theirs' });
  });

  test('and whose change is written over at once leaves what was written, and does not call it as it was', async () => {
    const { admin } = cluster;
    const [first, second] = [fresh(), fresh()];
    const before = await makeConfigMap(admin, namespace, first, { a: '1' });
    await makeConfigMap(admin, namespace, second, { a: '1' });
    const held = await hold(admin, namespace, [patched(first, 0), patched(second, 0)]);
    await until(admin, held.transaction, ({ status }) => status?.itemsCommitted === 3);
    await breakLock(configMap(namespace, second));
    await admin.patch(configMap(namespace, second), { type: 'merge', patch: { data: { a: 'theirs' } } }, { as: BOB, fieldManager: 'bob' });
    const done = await ended(admin, held.transaction);
    expect(conditionOf(done, 'Exact'), JSON.stringify(done.status)).toMatchObject({ status: 'False' });
    expect(conditionOf(done, 'Exact')?.message).toMatch(
      new RegExp(
        `ConfigMap ${namespace}/${second} lost its lock: carol broke it by force at .+, and data\\.a was written since: it is left as it is`,
      ),
    );
    expect(await dataOf(second)).toEqual({ a: 'theirs' });
    expect(plain(await admin.get(configMap(namespace, first)))).toEqual(plain(before));
  });

  test('of an object that the transaction made leaves that, and names it', async () => {
    const { admin } = cluster;
    const name = fresh();
    const held = await hold(admin, namespace, [created(name, 0)]);
    await until(admin, held.transaction, ({ status }) => status?.itemsCommitted === 2);
    await breakLock(configMap(namespace, name));
    const done = await held.release();
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Failed');
    expect(done.status?.items?.[1]?.error).toContain(`ConfigMap ${namespace}/${name} lost its lock: carol broke it by force`);
    const left = await admin.get(configMap(namespace, name));
    expect([left['data'], left.metadata.labels]).toEqual([{ a: '2' }, undefined]);
  });

  test('is remembered by the record, so that the next process ends the transaction as well', async () => {
    const { admin } = cluster;
    const [first, second] = [fresh(), fresh()];
    const before = await makeConfigMap(admin, namespace, first, { a: '1' });
    await makeConfigMap(admin, namespace, second, { a: '1' });
    const held = await hold(admin, namespace, [patched(first, 0), patched(second, 1)]);
    await until(admin, held.transaction, ({ status }) => status?.itemsCommitted === 2);
    await breakLock(configMap(namespace, second));
    await operator.crash();
    operator = await cluster.start();
    const done = await ended(admin, held.transaction);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('RolledBack');
    expect(plain(await admin.get(configMap(namespace, first)))).toEqual(plain(before));
  });

  test('of a transaction that lost the right to undo is not taken again', async () => {
    const { admin } = cluster;
    const name = fresh();
    const other = await makeNamespace(admin);
    const account = { namespace, name: 'lesser' };
    const rights = { configmaps: ['get', 'patch'] };
    await makeServiceAccount(admin, namespace, account.name);
    await grant(admin, account, other, rights);
    await grant(admin, account, namespace, { services: ['get', 'create', 'patch', 'delete'] });
    await makeConfigMap(admin, other, name, { a: '1' });
    const gone: { yet?: Promise<void> } = {};
    const transaction = await draft(admin, namespace, [{ ...patched(name, 0), namespace: other }, ...doomed()], {
      serviceAccountName: account.name,
    });
    await operator.stop();
    operator = await cluster.start({
      // How long a Create may be under way, which a rollback waits for.
      env: { JANUS_REQUEST_TIMEOUT_MS: '2000', JANUS_GRANT_LIFE_SECONDS: '2' },
      // The right goes between the change and its undoing.
      fault: async (request, send) => {
        if (request.method === 'PATCH' && request.path.includes('/services/') && !request.path.includes('dryRun'))
          await (gone.yet ??= revoke(admin, account, other, rights));
        return send(request);
      },
    });
    await seal(admin, transaction);
    await eventually('the right is to go', () => Promise.resolve(gone.yet !== undefined));
    await gone.yet;
    const failed = await inPhase(admin, transaction, 'Failed');
    expect(conditionOf(failed, 'Stalled')).toMatchObject({ reason: 'RollbackFailed' });
    expect(failed.status?.items?.[0]?.error).toContain('forbidden');
    await expectLocked(admin.patch(configMap(other, name), { type: 'merge', patch: { data: { a: '3' } } }));
    await breakLock(configMap(other, name), { user: 'root', groups: ['system:masters'] });
    await admin.patch(configMap(other, name), { type: 'merge', patch: { data: { a: '3' } } });
    await grant(admin, account, other, rights);
    await annotate(admin, transaction, 'tx.janus.io/retry-rollback');
    const left = await until(
      admin,
      transaction,
      ({ status }) => status?.phase === 'Failed' && status.items?.[0]?.error?.startsWith('conflict') === true,
    );
    expect(left.status?.items?.[0]?.error).toContain('root broke it by force');
    expect(conditionOf(left, 'Stalled')).toMatchObject({ reason: 'TransactionFailed' });
    const free = await admin.get(configMap(other, name));
    expect([free['data'], free.metadata.labels]).toEqual([{ a: '3' }, undefined]);
  });

  test('whose record is damaged is free, for whoever may break those of all namespaces', async () => {
    const { admin } = cluster;
    const name = fresh();
    await makeConfigMap(admin, namespace, name, { a: '1' });
    const held = await hold(admin, namespace, [patched(name, 1)]);
    const secret = { kind: SECRETS, namespace: 'janus-system', name: `tx-${held.transaction.metadata.uid ?? ''}` };
    // Nobody but Janus writes records, so it takes its name to damage one.
    const data = { payload: Buffer.from('no record').toString('base64') };
    await admin.update(secret, { ...(await admin.get(secret)), data }, { as: { user: ownUsername('janus-system') } });
    const refusal = await refusalOf(breakLock(configMap(namespace, name)));
    expect([refusal.code, refusal.message.includes('in all namespaces')], refusal.message).toEqual([403, true]);
    const free = await breakLock(configMap(namespace, name), { user: 'root', groups: ['system:masters'] });
    expect(free.metadata.labels).toBeUndefined();
  });
});

describe('a lock is not broken', () => {
  let held: Held;
  let ref: ObjectRef;
  let object: KubeObject;

  beforeAll(async () => {
    const { admin } = cluster;
    ref = configMap(namespace, 'kept');
    await makeConfigMap(admin, namespace, 'kept', { a: '1' });
    held = await hold(admin, namespace, [patched('kept', 1)]);
    object = await admin.get(ref);
  });

  test('by whoever lacks the verb unlock, and the refusal says so', async () => {
    const refusal = await refusalOf(breakLock(ref, BOB));
    expect([refusal.code, refusal.reason]).toEqual([403, 'Forbidden']);
    expect(refusal.message).toContain(
      `bob may not break the locks of transaction ${namespace}/${held.transaction.metadata.name ?? ''}: it takes the verb unlock on transactions.tx.janus.io in namespace ${namespace}`,
    );
    expect(await cluster.admin.get(ref)).toEqual(object);
  });

  test('by a dry run, which says whether it would be', async () => {
    const count = await broken();
    await breakLock(ref, CAROL, true);
    await refusalOf(breakLock(ref, BOB, true));
    expect([await cluster.admin.get(ref), await broken()]).toEqual([object, count]);
  });

  test('by what a cluster administrator does with kubectl, be it to take just the label off', async () => {
    const { labels: _labels, managedFields: _managed, resourceVersion: _version, uid: _uid, ...metadata } = object.metadata;
    const file = JSON.stringify({ ...object, metadata });
    for (const args of [
      ['label', 'configmap', 'kept', `${LOCK_LABEL}-`],
      ['replace', '-f', '-'],
      ['label', 'configmap', 'kept', `${LOCK_LABEL}-`, '--field-manager=janus-unlock'],
    ]) {
      const { code, stderr } = await kubectl(cluster.controlPlane, namespace, args, file).ended;
      expect([code, stderr.includes('is locked by transaction') || stderr.includes("can't be changed or removed")], stderr).toEqual([
        1,
        true,
      ]);
    }
    expect(await cluster.admin.get(ref)).toEqual(object);
  });

  test('but without the command, where the very transaction is named as the field manager', async () => {
    const manager = unlockManagerFor(held.transaction.metadata.uid ?? '');
    const args = ['label', 'configmap', 'kept', `${LOCK_LABEL}-`, `--field-manager=${manager}`];
    const { code, stderr } = await kubectl(cluster.controlPlane, namespace, args).ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('is broken. That transaction ends');
    expect((await cluster.admin.get(ref)).metadata.labels).toBeUndefined();
    expect((await held.release()).status?.phase).toBe('RolledBack');
  });
});
