import { allow } from '../denial.ts';
import { sameApart } from '../fields/same-apart.ts';
import type { Rule } from '../rule.ts';

export const noChange: Rule = {
  name: 'no-change',
  reason:
    'An update that changes nothing but managedFields and resourceVersion is allowed: storage migration, and applying again what is there. Values decide: who owns a field is nothing the lock protects, since the record keeps what the transaction needs to know of it.',
  decide: ({ review }) => (review.operation === 'UPDATE' && sameApart(review.oldObject, review.object) ? allow('no-change') : undefined),
};
