import { allow } from '../denial.ts';
import { refuseGrant } from '../refuse.ts';
import type { Rule } from '../rule.ts';
import { lookupOf, targetOf } from '../situation.ts';
import { isOwn } from './own-lock.ts';

export const grantCreate: Rule = {
  name: 'grant-create',
  reason:
    'A create with the creation label for its very name, of an object that the record names, is allowed. An update is denied: the name is taken, and an object of somebody else is never adopted.',
  decide: (situation) => {
    const { grant, review, locks } = situation;
    if (grant.state !== 'verified' || (grant.claims.action !== 'create' && grant.claims.action !== 'recreate')) return undefined;
    const { action, transaction } = grant.claims;
    if (review.operation !== 'CREATE') return refuseGrant('grant-create', situation, 'the name is taken: it is good for a create only');
    if (locks.newLock?.of !== 'creation' || !isOwn(locks.newLock, grant.claims)) {
      return refuseGrant('grant-create', situation, 'the object does not carry the creation label of this transaction and attempt');
    }
    const lookup = lookupOf(situation, transaction);
    const target = lookup.found === 'record' ? targetOf(lookup.record, locks.object) : undefined;
    if (target === undefined) return refuseGrant('grant-create', situation, 'its transaction does not plan to touch this object');
    const planned = action === 'recreate' || target.changes.some((change) => change.type === 'Create');
    return planned ? allow('grant-create') : refuseGrant('grant-create', situation, 'its transaction does not plan to create this object');
  },
};
