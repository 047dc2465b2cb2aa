import { allow } from '../denial.ts';
import type { Rule } from '../rule.ts';
import { sameApartFromStatus } from '../shape.ts';

export const statusOnly: Rule = {
  name: 'status-only',
  reason:
    'A write to the status subresource that changes nothing but the status is allowed: no lock covers the status, and controllers must be able to report while an object is locked. Checked rather than believed, since for many kinds that subresource takes labels, annotations and finalizers too.',
  decide: ({ review }) =>
    review.operation === 'UPDATE' && review.subresource === 'status' && sameApartFromStatus(review.oldObject, review.object)
      ? allow('status-only')
      : undefined,
};
