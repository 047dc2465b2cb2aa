import { allow } from '../denial.ts';
import type { Rule } from '../rule.ts';

export const notLocked: Rule = {
  name: 'not-locked',
  reason:
    'Neither the old nor the new object carries a lock of this very object: allowed. A label that was copied from another object, by a controller or by hand, locks nothing, nor does one that is malformed.',
  decide: ({ locks }) => (locks.oldLock === undefined && locks.newLock === undefined ? allow('not-locked') : undefined),
};
