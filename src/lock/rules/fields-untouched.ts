import { allow } from '../denial.ts';
import type { Rule } from '../rule.ts';
import { heldLock } from '../situation.ts';
import { findingOf } from '../write-finding.ts';

export const fieldsUntouched: Rule = {
  name: 'fields-untouched',
  reason:
    'Only some fields of the object are locked, and an update leaves their values, the lock label, the ownerReferences and (while the object is being deleted) the finalizers as they are: allowed. Autoscalers, binders and operators go on with the rest.',
  decide: (situation) => {
    const held = heldLock(situation);
    return held !== undefined && findingOf(situation.review, situation.locks, held.target).what === 'free'
      ? allow('fields-untouched')
      : undefined;
  },
};
