import { refuseWrite } from '../refuse.ts';
import type { Rule } from '../rule.ts';
import { heldLock } from '../situation.ts';
import { findingOf } from '../write-finding.ts';

export const held: Rule = {
  name: 'held',
  reason:
    'The lock holds and nothing above lets the write pass: denied with who holds it, since when and what to do, as 423 Locked or, with foreignWrites Delay, as 429 with a time to wait. An update in another API version than the locked fields are known in, and one while they are not known yet, is refused as if all of the object were locked.',
  decide: (situation) => {
    const lock = heldLock(situation);
    return lock === undefined ? undefined : refuseWrite('held', situation, lock, findingOf(situation.review, situation.locks, lock.target));
  },
};
