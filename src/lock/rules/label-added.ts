import { forbid } from '../denial.ts';
import { LOCK_LABEL } from '../label.ts';
import { wordsForObject } from '../message.ts';
import type { Rule } from '../rule.ts';

export const labelAdded: Rule = {
  name: 'label-added',
  reason:
    'Only a grant adds a lock or changes one into another. Denied even where the label is void: a file saved while the object was locked would bring the label back, and a transaction that is opened again could not be told from it.',
  decide: ({ review, locks: { object, newLock, oldLabel } }) => {
    if (newLock === undefined || newLock.value === oldLabel) return undefined;
    const words = wordsForObject(review, object);
    return forbid(
      'label-added',
      `${words}: the label ${LOCK_LABEL} is a lock, and only transactions set it. Remove the label ${LOCK_LABEL} from your file and try again.`,
    );
  },
};
