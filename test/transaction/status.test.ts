import { describe, expect, test } from 'vitest';
import type { TransactionStatus } from '../../src/api/transaction.ts';
import { isEnded, statusOf, type Told } from '../../src/transaction/status.ts';

const T0 = '2026-01-01T00:00:00.000Z';
const T1 = '2026-01-01T00:00:01.000Z';
const item = (name: string, done: Partial<Told['items'][number]> = {}) => ({
  name,
  prepared: true,
  committed: false,
  rolledBack: false,
  ...done,
});
const told = (phase: Told['phase'], more: Partial<Told> = {}): Told => ({
  phase,
  items: [item('a'), item('b')],
  holder: 'dana',
  startedAt: T0,
  ...more,
});
const condition = (status: TransactionStatus, type: string) => status.conditions?.find((one) => one.type === type);

describe('the status of a transaction', () => {
  test('counts what is in effect, and raises its version at each update', () => {
    const first = statusOf(undefined, told('Committing', { items: [item('a', { committed: true }), item('b')] }), 2, T0);
    expect(first).toMatchObject({ version: 1, itemsTotal: 2, itemsCommitted: 1, observedGeneration: 2, holder: 'dana' });
    expect(statusOf(first, told('Committing'), 2, T1).version).toBe(2);
  });

  test('is not ready and reconciling while it is under way', () => {
    const status = statusOf(undefined, told('Preparing'), 1, T0);
    expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'InProgress' });
    expect(condition(status, 'Reconciling')).toMatchObject({ status: 'True', reason: 'Preparing' });
    expect(condition(status, 'Stalled')).toBeUndefined();
    expect(status.completedAt).toBeUndefined();
  });

  test('says that all was prepared though readers were told only of the commit, or of the rollback', () => {
    for (const phase of ['Committed', 'RollingBack'] as const)
      expect(condition(statusOf(statusOf(undefined, told('Preparing'), 1, T0), told(phase), 1, T1), 'Prepared')?.status).toBe('True');
    expect(condition(statusOf(undefined, told('RolledBack'), 1, T0), 'Prepared')).toBeUndefined();
  });

  test('is ready, and nothing else, once committed', () => {
    const status = statusOf(statusOf(undefined, told('Committing'), 1, T0), told('Committed'), 1, T1);
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True', lastTransitionTime: T1 });
    expect(condition(status, 'Committed')?.status).toBe('True');
    expect(condition(status, 'Reconciling')).toBeUndefined();
    expect(status.completedAt).toBe(T1);
  });

  test('says at a rollback how exact it was', () => {
    expect(condition(statusOf(undefined, told('RolledBack'), 1, T0), 'Exact')).toMatchObject({ status: 'True', reason: 'RestoredExactly' });
    const inexact = statusOf(undefined, told('RolledBack', { inexact: ['ConfigMap a/b: metadata.uid'] }), 1, T0);
    expect(condition(inexact, 'Exact')).toMatchObject({ status: 'False', message: 'ConfigMap a/b: metadata.uid' });
  });

  test('is stalled when it failed, and says whether it is tried again', () => {
    const failed = statusOf(undefined, told('Failed', { because: 'no such ServiceAccount' }), 1, T0);
    expect(condition(failed, 'Failed')).toMatchObject({ status: 'True', reason: 'TransactionFailed', message: 'no such ServiceAccount' });
    expect(condition(failed, 'Stalled')?.reason).toBe('TransactionFailed');
    const unfinished = statusOf(undefined, told('Failed', { unfinished: true }), 1, T0);
    expect(condition(unfinished, 'Stalled')?.reason).toBe('RollbackFailed');
  });

  test('forgets that it failed once a later attempt ended otherwise', () => {
    const failed = statusOf(undefined, told('Failed'), 1, T0);
    expect(condition(statusOf(failed, told('RolledBack'), 1, T1), 'Failed')).toBeUndefined();
  });

  test('is no longer committed once it was rolled back, though nobody has told of the rollback itself', () => {
    const committed = statusOf(undefined, told('Committed'), 1, T0);
    for (const phase of ['RollingBack', 'RolledBack', 'Failed'] as const) {
      const back = statusOf(committed, told(phase, { because: 'rollback was requested' }), 1, T1);
      expect(condition(back, 'Committed'), phase).toMatchObject({ status: 'False', reason: 'RollbackRequested' });
    }
  });

  test('moves the time of a condition only when the condition turns', () => {
    const first = statusOf(undefined, told('Preparing'), 1, T0);
    expect(condition(statusOf(first, told('Committing'), 1, T1), 'Ready')?.lastTransitionTime).toBe(T0);
  });

  test('ends with Committed, RolledBack and Failed only', () => {
    const phases = ['Pending', 'Preparing', 'Prepared', 'Committing', 'Committed', 'RollingBack', 'RolledBack', 'Failed'] as const;
    expect(phases.filter(isEnded)).toEqual(['Committed', 'RolledBack', 'Failed']);
    expect(isEnded(undefined)).toBe(false);
  });
});
