import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REQUEST_ROLLBACK_ANNOTATION } from '../../src/api/group.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import { LOCK_LABEL } from '../../src/lock/label.ts';
import { hold } from '../janus/holding.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import {
  annotate,
  configMap,
  draft,
  inPhase,
  makeConfigMap,
  makeNamespace,
  plain,
  seal,
  until,
  type Change,
} from '../janus/transacting.ts';

let cluster: Cluster;
let operator: Operator;
let namespace: string;
beforeAll(async () => {
  cluster = await bootCluster();
  operator = await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const patched = (name: string, order = 0): Change => ({ type: 'Patch', name, content: { data: { a: '2' } }, order });

/** RolledBack, and the request answered. */
const answered = (transaction: Transaction): Promise<Transaction> =>
  until(cluster.admin, transaction, ({ metadata, status }) => {
    const asked = metadata.annotations?.[REQUEST_ROLLBACK_ANNOTATION] !== undefined;
    return status?.phase === 'RolledBack' && !asked && metadata.finalizers?.includes('tx.janus.io/lease-cleanup') !== true;
  });

const causeOf = ({ status }: Transaction): string =>
  status?.conditions?.find(({ type }) => type === 'Stalled')?.message ?? 'no condition Stalled';

describe('a rollback that is requested before the end', () => {
  test('undoes what was applied, lets everything go, and keeps the Transaction for people to read', async () => {
    const { admin } = cluster;
    const [applied, locked] = await Promise.all(['applied', 'locked'].map((name) => makeConfigMap(admin, namespace, name, { a: '1' })));
    const { transaction } = await hold(admin, namespace, [patched('applied'), patched('locked', 1)]);
    expect((await admin.get(configMap(namespace, 'applied')))['data']).toEqual({ a: '2' });
    await annotate(admin, transaction, REQUEST_ROLLBACK_ANNOTATION);
    const end = await answered(transaction);
    expect(causeOf(end)).toContain('its rollback was requested before its end');
    expect(plain(await admin.get(configMap(namespace, 'applied')))).toEqual(plain(applied!));
    expect(plain(await admin.get(configMap(namespace, 'locked')))).toEqual(plain(locked!));
  });

  test('ends one that waits for the lock of another, with nothing of it left', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'contended', { a: '1' });
    const held = await hold(admin, namespace, [patched('contended', 1)]);
    const waiting = await draft(admin, namespace, [patched('contended')]);
    await seal(admin, waiting);
    await inPhase(admin, waiting, 'Preparing');
    await annotate(admin, waiting, REQUEST_ROLLBACK_ANNOTATION);
    await answered(waiting);
    expect((await admin.get(configMap(namespace, 'contended'))).metadata.labels?.[LOCK_LABEL]).toContain(held.transaction.metadata.uid);
    expect((await held.release()).status?.phase).toBe('Committed');
  });

  test('is heard though the process dies that should have heard it', async () => {
    const { admin } = cluster;
    const before = await makeConfigMap(admin, namespace, 'orphaned', { a: '1' });
    const { transaction } = await hold(admin, namespace, [patched('orphaned')]);
    await annotate(admin, transaction, REQUEST_ROLLBACK_ANNOTATION);
    await operator.crash();
    operator = await cluster.start();
    await answered(transaction);
    expect(plain(await admin.get(configMap(namespace, 'orphaned')))).toEqual(plain(before));
  });

  test('before it was even sealed ends it without a beginning', async () => {
    const { admin } = cluster;
    const before = await makeConfigMap(admin, namespace, 'unbegun', { a: '1' });
    const unbegun = await draft(admin, namespace, [patched('unbegun')]);
    await annotate(admin, unbegun, REQUEST_ROLLBACK_ANNOTATION);
    await seal(admin, unbegun);
    const end = await answered(unbegun);
    expect(causeOf(end)).toContain('its rollback was requested before its end');
    expect(await admin.get(configMap(namespace, 'unbegun'))).toEqual(before);
  });
});
