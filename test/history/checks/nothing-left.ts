import { isOpen } from '../../../src/transaction/record.ts';
import type { Check } from '../history.ts';
import { lockOf } from '../locks.ts';

/** At the end no object carries a lock, and no record is open but of what a person must look at. */
export const nothingLeft: Check = ({ byKey, byTransaction }) => [
  ...[...byKey].flatMap(([key, writes]) => {
    const lock = lockOf(key, writes.at(-1)?.after);
    return lock === undefined ? [] : [{ rule: 'lock-left', object: key, transaction: lock.transaction, words: `it carries ${lock.value}` }];
  }),
  ...[...byTransaction].flatMap(([transaction, writes]) => {
    const record = writes.at(-1)?.record;
    if (record === undefined || !isOpen(record)) return [];
    const settled = record.phase === 'Failed' && record.targets.every((target) => target.undone === true || target.conflict !== undefined);
    return settled ? [] : [{ rule: 'record-open', transaction, words: `the record of ${record.transaction.name} is ${record.phase}` }];
  }),
];
