import { unavailable } from '../denial.ts';
import { printable, wordsForObject } from '../message.ts';
import type { Rule } from '../rule.ts';
import { lookupOf } from '../situation.ts';

export const recordUnreadable: Rule = {
  name: 'record-unreadable',
  reason:
    'The object carries a lock, and the record that says whether it holds can not be read: denied, since an open transaction could be behind it.',
  decide: (situation) => {
    const { review, locks } = situation;
    if (locks.oldLock === undefined) return undefined;
    const { transaction } = locks.oldLock;
    const lookup = lookupOf(situation, transaction);
    if (lookup.found !== 'unreadable') return undefined;
    const words = wordsForObject(review, locks.object);
    return unavailable(
      'record-unreadable',
      `${words} carries a lock of transaction ${transaction}, and whether it still holds could not be found out: ${printable(lookup.why)}. Try again; if it stays so, look at the log of Janus and at its Secret tx-${transaction}.`,
    );
  },
};
