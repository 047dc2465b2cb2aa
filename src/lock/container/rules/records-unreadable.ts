import { unavailable } from '../../denial.ts';
import { printable, wordsForObject } from '../../message.ts';
import type { Rule } from '../../rule.ts';
import type { ContainerSituation } from '../situation.ts';

export const recordsUnreadable: Rule<ContainerSituation> = {
  name: 'records-unreadable',
  reason:
    'The records of open transactions, or one of them, can not be read: denied, since it could hold an object that the write would take.',
  decide: ({ review, open, locks }) =>
    open.found === 'records'
      ? undefined
      : unavailable(
          'records-unreadable',
          `${wordsForObject(review, locks.object)}: whether an open transaction holds something of it could not be found out: ${printable(open.why)}. Nothing was changed. Try again; if it stays so, look at the log of Janus.`,
        ),
};
