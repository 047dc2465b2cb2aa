import { allow } from '../denial.ts';
import type { Rule } from '../rule.ts';
import { isVoid, lookupOf } from '../situation.ts';

export const voidLock: Rule = {
  name: 'void-lock',
  reason:
    'The lock is void: its transaction is committed or rolled back, its record does not exist, or the attempt it names was settled. Allowed, removing the label included: what a crash left behind blocks nobody.',
  decide: (situation) => {
    const { oldLock } = situation.locks;
    return oldLock !== undefined && isVoid(oldLock, lookupOf(situation, oldLock.transaction)) ? allow('void-lock') : undefined;
  },
};
