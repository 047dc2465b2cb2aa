import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/api/transaction.ts';
import { admittedEarly } from '../janus/admitted-early.ts';
import { SETTINGS } from '../janus/cast.ts';
import { applyAs, at, complete, mergeAs } from '../janus/objects.ts';
import { defineWidgets } from '../janus/widgets.ts';
import { HELD_OPEN, makeGate } from '../janus/gate.ts';
import { conditionOf, EXACT, reborn, rollBackOnRequest } from '../janus/rolling-back.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import {
  annotate,
  type Change,
  CONFIG_MAPS,
  configMap,
  draft,
  ended,
  find,
  inPhase,
  makeConfigMap,
  makeNamespace,
  plain,
  seal,
  transact,
  until,
} from '../janus/transacting.ts';

let cluster: Cluster;
let operator: Operator;
let namespace: string;
let made = 0;

beforeAll(async () => {
  cluster = await bootCluster();
  operator = await cluster.start();
  namespace = await makeNamespace(cluster.admin);
  await defineWidgets(cluster.admin);
});
afterAll(() => cluster?.stop());

const fresh = (): string => `it-${String((made += 1))}`;
const patched = (name: string): Change => ({ type: 'Patch', name, content: SETTINGS.part });
const updated = (name: string): Change => ({
  type: 'Update',
  name,
  content: complete(at(CONFIG_MAPS, namespace, name), SETTINGS.whole(name)),
});
const created = (name: string): Change => ({
  type: 'Create',
  name,
  content: complete(at(CONFIG_MAPS, namespace, name), { data: { a: '1' } }),
});
const deleted = (name: string): Change => ({ type: 'Delete', name });

/** Commits a change, with another beside it, lets `between` happen, and asks for a rollback that cannot be finished. */
async function conflicting(change: Change, between: () => Promise<unknown>): Promise<Transaction> {
  const { admin } = cluster;
  const beside = fresh();
  const before = await makeConfigMap(admin, namespace, beside, { a: '1' });
  const committed = await transact(admin, namespace, [change, { type: 'Patch', name: beside, content: { data: { a: '2' } } }]);
  expect(committed.status?.phase, JSON.stringify(committed.status)).toBe('Committed');
  await between();
  await annotate(admin, committed, 'tx.janus.io/request-rollback');
  const failed = await inPhase(admin, committed, 'Failed');
  expect(plain(await admin.get(configMap(namespace, beside)))).toEqual(plain(before));
  return failed;
}

/** The words with which a change is named in a status. */
function errorOf(transaction: Transaction, at_ = 0): string {
  return transaction.status?.items?.find(({ name }) => name.endsWith(`-${String(at_)}`))?.error ?? '';
}

async function forced(transaction: Transaction): Promise<Transaction> {
  await annotate(cluster.admin, transaction, 'tx.janus.io/retry-rollback', 'force');
  return inPhase(cluster.admin, transaction, 'RolledBack');
}

describe('a rollback on request leaves as it is, names, and restores only by force', () => {
  test.each([
    ['patched', patched],
    ['updated', updated],
  ] as const)('what somebody has changed since the transaction %s it', async (_how, change) => {
    const { admin } = cluster;
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const theirs = async (): Promise<unknown> => mergeAs(admin, 'kubectl', configMap(namespace, name), { data: { a: 'theirs' } });
    const failed = await conflicting(change(name), theirs);
    const words = `ConfigMap ${namespace}/${name} was changed since the transaction wrote it (resourceVersion `;
    expect(errorOf(failed)).toContain(`conflict: ${words}`);
    expect(conditionOf(failed, 'Failed')?.message).toContain(words);
    expect(errorOf(failed, 1)).toBe('');
    const live = await admin.get(configMap(namespace, name));
    expect(live['data']).toMatchObject({ a: 'theirs' });
    expect(live.metadata.labels?.['tx.janus.io/lock']).toBeUndefined();
    await mergeAs(admin, 'kubectl', configMap(namespace, name), { data: { a: 'still free to write' } });
    await forced(failed);
    const after = await admin.get(configMap(namespace, name));
    expect(after['data']).toEqual(before['data']);
    expect(after.metadata.labels).toEqual(before.metadata.labels);
    expect(after.metadata.annotations).toEqual(before.metadata.annotations);
  });

  test.each([
    ['patched', patched],
    ['updated', updated],
  ] as const)('what somebody has deleted since the transaction %s it', async (_how, change) => {
    const { admin } = cluster;
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const failed = await conflicting(change(name), () => admin.delete(configMap(namespace, name)));
    expect(errorOf(failed)).toContain(`conflict: ConfigMap ${namespace}/${name} was deleted since`);
    expect(await find(admin, configMap(namespace, name))).toBeUndefined();
    const done = await forced(failed);
    expect(reborn(plain(await admin.get(configMap(namespace, name))))).toEqual(reborn(plain(before)));
    expect(conditionOf(done, 'Exact')).toMatchObject({ status: 'False', reason: 'RestoredWithDifferences' });
  });
});

describe('a rollback on request never touches the object of somebody else', () => {
  test('that has the name of what the transaction deleted, and goes on once the name is free', async () => {
    const { admin } = cluster;
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const failed = await conflicting(deleted(name), () => makeConfigMap(admin, namespace, name, { theirs: '1' }));
    expect(errorOf(failed)).toContain(
      `conflict: ConfigMap ${namespace}/${name} exists again: somebody created it after the transaction deleted it`,
    );
    const theirs = await admin.get(configMap(namespace, name));
    await annotate(admin, failed, 'tx.janus.io/retry-rollback', 'force');
    await until(admin, failed, ({ metadata }) => metadata.annotations?.['tx.janus.io/retry-rollback'] === undefined);
    await inPhase(admin, failed, 'Failed');
    expect(plain(await admin.get(configMap(namespace, name)))).toEqual(plain(theirs));
    await admin.delete(configMap(namespace, name));
    await annotate(admin, failed, 'tx.janus.io/retry-rollback');
    await inPhase(admin, failed, 'RolledBack');
    expect(reborn(plain(await admin.get(configMap(namespace, name))))).toEqual(reborn(plain(before)));
  });

  test.each([
    ['patched', patched, true],
    ['created', created, false],
  ] as const)('that has the name of what the transaction %s', async (_how, change, exists) => {
    const { admin } = cluster;
    const name = fresh();
    if (exists) await SETTINGS.make(admin, namespace, name);
    const failed = await conflicting(change(name), async () => {
      await admin.delete(configMap(namespace, name));
      await makeConfigMap(admin, namespace, name, { theirs: '1' });
    });
    expect(errorOf(failed)).toContain(`ConfigMap ${namespace}/${name} was replaced by another object of the same name since`);
    expect((await admin.get(configMap(namespace, name)))['data']).toEqual({ theirs: '1' });
  });

  test('that was what the transaction created, and has since been changed', async () => {
    const { admin } = cluster;
    const name = fresh();
    const failed = await conflicting(created(name), () => mergeAs(admin, 'kubectl', configMap(namespace, name), { data: { a: 'theirs' } }));
    expect(errorOf(failed)).toContain('was changed since the transaction wrote it');
    expect((await admin.get(configMap(namespace, name)))['data']).toEqual({ a: 'theirs' });
    await forced(failed);
    expect(await find(admin, configMap(namespace, name))).toBeUndefined();
  });
});

describe('a rollback on request finds no conflict', () => {
  test('in what the transaction created and somebody has deleted since', async () => {
    const { admin } = cluster;
    const name = fresh();
    const committed = await transact(admin, namespace, [created(name)]);
    await admin.delete(configMap(namespace, name));
    const done = await rollBackOnRequest(admin, committed);
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
  });

  test('in a change that was taken back by hand', async () => {
    const { admin } = cluster;
    const name = fresh();
    await makeConfigMap(admin, namespace, name, { a: '1' });
    const committed = await transact(admin, namespace, [{ type: 'Patch', name, content: { data: { a: '2' } } }]);
    await applyAs(admin, 'hand', configMap(namespace, name), { data: { a: '3' } });
    await applyAs(admin, 'hand', configMap(namespace, name), { data: { a: '2' } });
    await rollBackOnRequest(admin, committed);
    expect((await admin.get(configMap(namespace, name)))['data']).toEqual({ a: '1' });
  });
});

describe('a rollback in flight', () => {
  test('leaves the object of somebody who has taken the name that was deleted, and goes on once the name is free', async () => {
    const { admin } = cluster;
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const beside = await makeConfigMap(admin, namespace, fresh(), { a: '1' });
    const gate = await makeGate(admin, namespace, 1);
    const changes: readonly Change[] = [
      deleted(name),
      { type: 'Patch', name: beside.metadata.name ?? '', content: { data: { a: '2' } } },
      gate.change,
    ];
    const transaction = await draft(admin, namespace, changes, HELD_OPEN);
    const stranger = await admittedEarly(admin, configMap(namespace, name), { data: { theirs: '1' } });
    await seal(admin, transaction);
    await gate.reached();
    await stranger.land();
    await gate.fail();
    const failed = await inPhase(admin, transaction, 'Failed');
    expect(errorOf(failed)).toContain(`conflict: ConfigMap ${namespace}/${name} exists again: somebody else created it`);
    expect(plain(await admin.get(configMap(namespace, beside.metadata.name ?? '')))).toEqual(plain(beside));
    await annotate(admin, failed, 'tx.janus.io/retry-rollback', 'force');
    await until(admin, failed, ({ metadata }) => metadata.annotations?.['tx.janus.io/retry-rollback'] === undefined);
    expect((await inPhase(admin, transaction, 'Failed')).status?.items?.[0]?.error).toContain('exists again');
    expect((await admin.get(configMap(namespace, name)))['data']).toEqual({ theirs: '1' });
    await admin.delete(configMap(namespace, name));
    await annotate(admin, failed, 'tx.janus.io/retry-rollback');
    await inPhase(admin, transaction, 'RolledBack');
    expect(reborn(plain(await admin.get(configMap(namespace, name))))).toEqual(reborn(plain(before)));
  });
});

describe('a label that a crash left behind after the commit', () => {
  test('protects nothing from the rollback: what somebody has written over it since is a conflict', async () => {
    const { admin } = cluster;
    const name = fresh();
    await makeConfigMap(admin, namespace, name, { a: '1' });
    await operator.crash();
    // Everything works but the writes that take labels off.
    operator = await cluster.start({
      fault: (request, send) =>
        (request.body ?? '').includes('"op":"remove","path":"/metadata/labels/tx.janus.io~1lock"')
          ? new Promise(() => undefined)
          : send(request),
    });
    const transaction = await draft(admin, namespace, [{ type: 'Patch', name, content: { data: { a: '2' } } }]);
    await seal(admin, transaction);
    await inPhase(admin, transaction, 'Committed');
    expect((await admin.get(configMap(namespace, name))).metadata.labels?.['tx.janus.io/lock']).toBeDefined();
    await mergeAs(admin, 'kubectl', configMap(namespace, name), { data: { a: 'theirs' } });
    await annotate(admin, transaction, 'tx.janus.io/request-rollback');
    await operator.crash();
    operator = await cluster.start();
    const failed = await inPhase(admin, transaction, 'Failed');
    expect(errorOf(failed)).toContain('was changed since the transaction wrote it');
    const live = await admin.get(configMap(namespace, name));
    expect(live['data']).toEqual({ a: 'theirs' });
    await forced(failed);
    expect((await admin.get(configMap(namespace, name)))['data']).toEqual({ a: '1' });
    expect((await ended(admin, transaction)).status?.phase).toBe('RolledBack');
  });
});
