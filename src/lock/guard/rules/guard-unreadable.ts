import { unavailable } from '../../denial.ts';
import { printable, wordsForObject } from '../../message.ts';
import type { Rule } from '../../rule.ts';
import { lookupOf } from '../../situation.ts';
import type { GuardSituation } from '../situation.ts';

export const guardUnreadable: Rule<GuardSituation> = {
  name: 'guard-unreadable',
  reason: 'The record that says whether the guard still stands can not be read: denied, since an open transaction could be behind it.',
  decide: (situation) => {
    const lookup = lookupOf(situation, situation.holder);
    if (lookup.found !== 'unreadable') return undefined;
    const words = wordsForObject(situation.review, situation.locks.object);
    return unavailable(
      'guard-unreadable',
      `${words} is guarded for transaction ${situation.holder}, and whether it still is could not be found out: ${printable(lookup.why)}. Try again; if it stays so, look at the log of Janus and at its Secret tx-${situation.holder}.`,
    );
  },
};
