import { describe, expect, test } from 'vitest';
import { REQUEST_ROLLBACK_ANNOTATION } from '../../../src/api/group.ts';
import type { Phase, Transaction } from '../../../src/api/transaction.ts';
import { GOALS, judge, type Goal } from '../../../src/cli/follow/goal.ts';

function transaction(phase: Phase | undefined, sealed = true, annotations: Record<string, string> = {}): Transaction {
  return {
    apiVersion: 'tx.janus.io/v1alpha1',
    kind: 'Transaction',
    metadata: { name: 'a', namespace: 'b', annotations },
    spec: { serviceAccountName: 'x', sealed },
    ...(phase === undefined ? {} : { status: { phase, version: 1 } }),
  };
}

const wordFor = (goal: Goal, now: Transaction | undefined): string => {
  const judgement = judge(goal, now);
  if (judgement === undefined) return 'waits';
  return judgement.reached ? 'reached' : judgement.exit;
};

describe('waiting for a goal', () => {
  test.each([
    ['Pending', { sealed: 'reached', committed: 'waits', rolledback: 'waits', failed: 'waits', ended: 'waits', deleted: 'waits' }],
    ['Committing', { sealed: 'reached', committed: 'waits', rolledback: 'waits', failed: 'waits', ended: 'waits', deleted: 'waits' }],
    ['RollingBack', { sealed: 'reached', committed: 'waits', rolledback: 'waits', failed: 'waits', ended: 'waits', deleted: 'waits' }],
    ['Committed', { sealed: 'reached', committed: 'reached', rolledback: 'waits', failed: 'error', ended: 'reached', deleted: 'waits' }],
    [
      'RolledBack',
      { sealed: 'reached', committed: 'rolledBack', rolledback: 'reached', failed: 'rolledBack', ended: 'reached', deleted: 'waits' },
    ],
    ['Failed', { sealed: 'reached', committed: 'error', rolledback: 'error', failed: 'reached', ended: 'reached', deleted: 'waits' }],
  ] as const)('in phase %s', (phase, expected) => {
    expect(Object.fromEntries(GOALS.map((goal) => [goal, wordFor(goal, transaction(phase))]))).toEqual(expected);
  });

  test('knows a draft from what is sealed', () => {
    expect([wordFor('sealed', transaction(undefined, false)), wordFor('sealed', transaction(undefined))]).toEqual(['waits', 'reached']);
  });

  test('ends where the Transaction is gone', () => {
    expect(GOALS.map((goal) => wordFor(goal, undefined))).toEqual(['error', 'error', 'error', 'error', 'error', 'reached']);
  });

  test('does not take for an end what somebody has just asked to be rolled back', () => {
    const asked = transaction('Committed', true, { [REQUEST_ROLLBACK_ANNOTATION]: 'true' });
    expect([wordFor('ended', asked), wordFor('committed', asked), wordFor('rolledback', asked)]).toEqual(['waits', 'waits', 'waits']);
  });
});
