import { allow } from '../../denial.ts';
import type { Rule } from '../../rule.ts';
import { closedWay, type GuardSituation } from '../situation.ts';

export const guardOpen: Rule<GuardSituation> = {
  name: 'guard-open',
  reason:
    'The record is gone, or its transaction has ended, or has put this object back already, or never meant to guard what is asked for: allowed. What a crash left behind blocks nobody.',
  decide: (situation) => (closedWay(situation) === undefined ? allow('guard-open') : undefined),
};
