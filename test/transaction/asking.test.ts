import { describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/api/transaction.ts';
import { asksAnew, needsWork } from '../../src/transaction/asking.ts';
import { statusOf } from '../../src/transaction/status.ts';

const RETRY = 'tx.janus.io/retry-rollback';
const REQUEST = 'tx.janus.io/request-rollback';
const NOW = '2026-01-01T00:00:00.000Z';

function transaction(metadata: Partial<Transaction['metadata']> = {}, status?: Transaction['status']): Transaction {
  return {
    apiVersion: 'tx.janus.io/v1alpha1',
    kind: 'Transaction',
    metadata: { name: 'txn', namespace: 'shop', ...metadata },
    spec: { serviceAccountName: 'deployer', sealed: true },
    ...(status === undefined ? {} : { status }),
  };
}

const failed = (unfinished: boolean): Transaction['status'] =>
  statusOf(undefined, { phase: 'Failed', items: [], holder: 'dana', unfinished }, 1, NOW);
const committed = statusOf(undefined, { phase: 'Committed', items: [], holder: 'dana' }, 1, NOW);

describe('a transaction needs work', () => {
  test('from its sealing to its end', () => {
    expect(needsWork({ ...transaction(), spec: { serviceAccountName: 'deployer' } })).toBe(false);
    expect(needsWork(transaction())).toBe(true);
    expect(needsWork(transaction({}, committed))).toBe(false);
  });

  test('while its finalizer says that something is left to tidy', () => {
    expect(needsWork(transaction({ finalizers: ['tx.janus.io/lease-cleanup'] }, committed))).toBe(true);
    expect(needsWork(transaction({ finalizers: ['tx.janus.io/rollback-protection'] }, committed))).toBe(false);
  });

  test('when it was committed and somebody asks for a rollback', () => {
    expect(needsWork(transaction({ annotations: { [REQUEST]: '' } }, committed))).toBe(true);
  });

  test('when its rollback failed and is tried again by itself, but not when a person must decide', () => {
    expect(needsWork(transaction({}, failed(true)))).toBe(true);
    expect(needsWork(transaction({}, failed(false)))).toBe(false);
  });
});

describe('news of a transaction asks for something', () => {
  const asked = (value: string): Transaction => transaction({ annotations: { [RETRY]: value } });

  test('when an annotation has come, or has another value', () => {
    expect(asksAnew(transaction(), asked('true'))).toBe(true);
    expect(asksAnew(asked('force'), asked('true'))).toBe(true);
    expect(asksAnew(transaction(), transaction({ annotations: { [REQUEST]: 'true' } }))).toBe(true);
  });

  test('not when the annotation was there before, or was taken off: it is being answered', () => {
    expect(asksAnew(asked('force'), asked('force'))).toBe(false);
    expect(asksAnew(asked('force'), transaction())).toBe(false);
  });

  test('when it is being deleted, once', () => {
    const deleting = transaction({ deletionTimestamp: NOW });
    expect(asksAnew(transaction(), deleting)).toBe(true);
    expect(asksAnew(deleting, deleting)).toBe(false);
  });
});
