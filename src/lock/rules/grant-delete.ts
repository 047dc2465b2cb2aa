import { allow } from '../denial.ts';
import { refuseGrant } from '../refuse.ts';
import type { Rule } from '../rule.ts';
import { isOwn } from './own-lock.ts';

export const grantDelete: Rule = {
  name: 'grant-delete',
  reason: 'A delete of an object that carries the lock of the granted transaction and attempt is allowed.',
  decide: (situation) => {
    const { grant, review, locks } = situation;
    if (grant.state !== 'verified' || grant.claims.action !== 'delete') return undefined;
    if (review.operation !== 'DELETE') return refuseGrant('grant-delete', situation, 'it is good for a delete only');
    if (!isOwn(locks.oldLock, grant.claims))
      return refuseGrant('grant-delete', situation, 'the object does not carry the lock of this transaction and attempt');
    return allow('grant-delete');
  },
};
