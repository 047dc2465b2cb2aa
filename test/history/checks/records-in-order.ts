import { isOpen } from '../../../src/transaction/record.ts';
import { canonical } from '../leaves.ts';
import type { Check, RecordWrite, Violation } from '../history.ts';

const NEXT: Readonly<Record<string, readonly string[]>> = {
  none: ['Preparing', 'RollingBack'],
  Preparing: ['Preparing', 'Committing', 'RollingBack', 'RolledBack'],
  Committing: ['Committing', 'Committed', 'RollingBack'],
  Committed: ['RollingBack', 'none'],
  RollingBack: ['RollingBack', 'RolledBack', 'Failed'],
  RolledBack: ['none'],
  Failed: ['RollingBack'],
};

/** A transaction commits once and ends once, its attempts only rise, and its record is there as long as it is open. */
export const recordsInOrder: Check = ({ byTransaction }) =>
  [...byTransaction].flatMap(([transaction, writes]) =>
    writes.flatMap((write, at) =>
      faultOf(writes[at - 1], write).map((words) => ({ rule: 'record', revision: write.revision, transaction, words })),
    ),
  );

function faultOf(before: RecordWrite | undefined, { record }: RecordWrite): readonly Violation['words'][] {
  const [from, to] = [before?.record?.phase ?? 'none', record?.phase ?? 'none'];
  const faults: string[] = [];
  if (NEXT[from]?.includes(to) !== true && !isCleaned(before, record)) faults.push(`its record went from ${from} to ${to}`);
  if (record !== undefined && before?.record !== undefined && record.attempt < before.record.attempt)
    faults.push(`its attempt went back from ${before.record.attempt} to ${record.attempt}`);
  if (from === 'Committed' && record !== undefined && isOpen(record) && (record.voidThrough ?? 0) < (before?.record?.attempt ?? 0))
    faults.push('it was opened again, and the locks of its commit came alive with it');
  return faults;
}

/** That its leftovers were looked for is noted on a record that has ended. */
function isCleaned(before: RecordWrite | undefined, record: RecordWrite['record']): boolean {
  const noted = record?.cleanedAfter !== undefined && record.cleanedAfter !== before?.record?.cleanedAfter;
  return noted && !isOpen(record) && canonical({ ...record, cleanedAfter: '' }) === canonical({ ...before?.record, cleanedAfter: '' });
}
