import type { Transaction } from '../../api/transaction.ts';

/** A Transaction as `-o json` prints it: as kubectl does, without managedFields. */
export function asData({ metadata, ...rest }: Transaction): object {
  return { ...rest, metadata: Object.fromEntries(Object.entries(metadata).filter(([field]) => field !== 'managedFields')) };
}

/** Several as one list. */
export function listData(transactions: readonly Transaction[]): object {
  return { apiVersion: 'v1', kind: 'List', items: transactions.map(asData) };
}
