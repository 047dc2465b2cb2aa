import { createHash } from 'node:crypto';
import type { KubeObject } from '../../src/kube/object.ts';
import type { SagaRecord } from '../../src/transaction/record.ts';

export const LABEL = 'tx.janus.io/lock';

/** A lock as an object carries it. */
export interface Lock {
  readonly value: string;
  readonly transaction: string;
  readonly attempt: number;
}

/**
 * The lock that an object carries, if its label is one of this very object. Written from the documentation, not from src/lock: the two
 * are to find each other's mistakes.
 */
export function lockOf(key: string, object: KubeObject | undefined): Lock | undefined {
  const value = object?.metadata.labels?.[LABEL];
  const parts = value?.split('.') ?? [];
  const [transaction = '', attempt = '', own = ''] = parts;
  if (value === undefined || parts.length !== 3 || !/^[0-9a-f-]{36}$/.test(transaction) || !/^[1-9]\d*$/.test(attempt)) return undefined;
  const expected = own.startsWith('c-') ? `c-${sha256(key).slice(0, 8)}` : (object?.metadata.uid ?? '').slice(0, 8);
  return own === expected ? { value, transaction, attempt: Number(attempt) } : undefined;
}

/** Whether a lock blocks nobody: its transaction has ended, has no record, or has settled the attempt. */
export function isVoid(lock: Lock, record: SagaRecord | undefined): boolean {
  if (record === undefined) return true;
  if (record.phase === 'Committed' || record.phase === 'RolledBack') return true;
  return lock.attempt <= (record.voidThrough ?? 0);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
