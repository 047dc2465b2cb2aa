import { allow } from '../denial.ts';
import { refuseGrant } from '../refuse.ts';
import type { Rule } from '../rule.ts';
import { sameApartFromLabel } from '../shape.ts';
import { isOwn } from './own-lock.ts';

export const grantUnlock: Rule = {
  name: 'grant-unlock',
  reason:
    'An update that takes the lock of the granted transaction and attempt off, and changes nothing else but managedFields, is allowed. Values are put back before, never together with it: fused, the earlier owners of the fields would be lost.',
  decide: (situation) => {
    const { grant, review, locks } = situation;
    if (grant.state !== 'verified' || grant.claims.action !== 'unlock') return undefined;
    if (review.operation !== 'UPDATE') return refuseGrant('grant-unlock', situation, 'it is good for an update only');
    if (!isOwn(locks.oldLock, grant.claims))
      return refuseGrant('grant-unlock', situation, 'the object does not carry the lock of this transaction and attempt');
    if (locks.newLabel !== undefined) return refuseGrant('grant-unlock', situation, 'the request does not remove the lock label');
    if (!sameApartFromLabel(review.oldObject, review.object)) {
      return refuseGrant(
        'grant-unlock',
        situation,
        'the request changes more than the label and managedFields (by itself or by a mutating webhook)',
      );
    }
    return allow('grant-unlock');
  },
};
