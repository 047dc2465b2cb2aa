import { allow } from '../denial.ts';
import { refuseGrant } from '../refuse.ts';
import type { Rule } from '../rule.ts';
import { isOwn } from './own-lock.ts';

export const grantApply: Rule = {
  name: 'grant-apply',
  reason:
    'An update to apply or restore is allowed while the object carries, before and after, the lock of the granted transaction and attempt. The label is compared inside the swap, so a late write of a deposed executor meets a newer label, or none, and is denied.',
  decide: (situation) => {
    const { grant, review, locks } = situation;
    if (grant.state !== 'verified' || (grant.claims.action !== 'apply' && grant.claims.action !== 'restore')) return undefined;
    if (review.operation !== 'UPDATE') return refuseGrant('grant-apply', situation, 'it is good for updates only');
    if (!isOwn(locks.oldLock, grant.claims))
      return refuseGrant('grant-apply', situation, 'the object does not carry the lock of this transaction and attempt');
    if (locks.newLabel !== locks.oldLabel) return refuseGrant('grant-apply', situation, 'the request does not keep the lock label');
    return allow('grant-apply');
  },
};
