import { recordAt, type Check, type ObjectWrite, type Timeline, type Violation } from '../history.ts';
import { intrusionOf } from '../intrusion.ts';
import { isVoid, lockOf, type Lock } from '../locks.ts';

/**
 * Between lock and unlock only the holder writes, by grants of the attempt that the lock names; a lock is followed by no other
 * transaction's lock; and nobody sets a lock but the transaction it names, in the attempt its record is in.
 */
export const locksHold: Check = (timeline) =>
  timeline.writes.flatMap((write) => [...whileLocked(timeline, write), ...lockSet(timeline, write)]);

function whileLocked(timeline: Timeline, write: ObjectWrite): readonly Violation[] {
  const { key, before, after, revision, by } = write;
  const lock = lockOf(key, before);
  const record = lock === undefined ? undefined : recordAt(timeline, lock.transaction, revision);
  if (lock === undefined || record === undefined || isVoid(lock, record)) return [];
  const found = (rule: string, words: string): readonly Violation[] => [
    { rule, revision, object: key, transaction: lock.transaction, words: `${who(write)} ${words} (lock ${lock.value}, ${record.phase})` },
  ];
  const next = lockOf(key, after);
  if (next !== undefined && next.transaction !== lock.transaction)
    return found('overlap', `put the lock of transaction ${next.transaction} over it`);
  if (by?.grant?.transaction === lock.transaction)
    return isOfAttempt(by.grant, lock) ? [] : found('stale-write', `wrote by a grant of attempt ${by.grant.attempt}`);
  const intrusion = intrusionOf(timeline, write, record);
  return intrusion === undefined ? [] : found('foreign-write', intrusion);
}

function lockSet(timeline: Timeline, write: ObjectWrite): readonly Violation[] {
  const { key, before, after, revision, by } = write;
  const lock = lockOf(key, after);
  if (lock === undefined || lock.value === lockOf(key, before)?.value) return [];
  const found = (words: string): readonly Violation[] => [
    {
      rule: 'forged-lock',
      revision,
      object: key,
      transaction: lock.transaction,
      words: `${who(write)} set the lock ${lock.value} ${words}`,
    },
  ];
  if (by?.grant?.transaction !== lock.transaction || by.grant.attempt !== lock.attempt) return found('without a grant for it');
  const record = recordAt(timeline, lock.transaction, revision);
  if (record === undefined) return found('before its transaction had a record');
  if (isVoid(lock, record)) return found(`though its transaction was ${record.phase}`);
  // A write that was admitted in time may land after the next attempt was begun: its lock is taken over like any other of that attempt.
  return lock.attempt > record.attempt ? found(`in a later attempt than that of the record, ${record.attempt}`) : [];
}

/** A write of the attempt itself, or one that takes the lock over for a later attempt. */
function isOfAttempt(grant: { readonly attempt: number; readonly action: string }, lock: Lock): boolean {
  return grant.attempt === lock.attempt || (grant.action === 'lock' && grant.attempt > lock.attempt);
}

function who({ by }: ObjectWrite): string {
  if (by === undefined) return 'somebody unknown';
  const grant = by.grant === undefined ? '' : ` with a grant to ${by.grant.action}`;
  return `${by.user} (${by.verb}${by.subresource === '' ? '' : ` ${by.subresource}`}${grant})`;
}
