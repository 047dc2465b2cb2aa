import type { LockRecord, Progress } from '../record.ts';

/** One record of a transaction that has not ended, with how far its executor is where this process knows it. */
export interface OpenRecord {
  readonly record: LockRecord;
  readonly progress?: Progress;
}

/** Every transaction that has not ended, by a quorum read. One that cannot be read could hold anything. */
export type OpenRecords =
  { readonly found: 'records'; readonly records: readonly OpenRecord[] } | { readonly found: 'unreadable'; readonly why: string };
