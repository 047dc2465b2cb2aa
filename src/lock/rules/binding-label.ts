import { forbid } from '../denial.ts';
import { LOCK_LABEL } from '../label.ts';
import { wordsForObject } from '../message.ts';
import type { Rule } from '../rule.ts';

export const bindingLabel: Rule = {
  name: 'binding-label',
  reason:
    'The API server copies the labels of a Binding to the Pod without asking admission about the Pod: one that carries the lock label, whatever its value, is denied.',
  decide: ({ review, locks }) => {
    const isBinding = review.subresource === 'binding' || (review.resource.group === '' && review.resource.resource === 'bindings');
    if (review.operation !== 'CREATE' || !isBinding || locks.newLabel === undefined) return undefined;
    return forbid(
      'binding-label',
      `${wordsForObject(review, locks.object)}: a binding must not carry the label ${LOCK_LABEL}, since its labels become the Pod's, and only transactions set that. Remove it and try again.`,
    );
  },
};
