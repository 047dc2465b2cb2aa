import type { GrantAction, GrantClaims } from '../claims.ts';
import type { ObjectIdentity } from '../label.ts';
import { refuseGrant } from '../refuse.ts';
import type { Rule } from '../rule.ts';
import type { Situation } from '../situation.ts';

// Actions on objects that may not exist yet.
const UID_UNKNOWN: readonly GrantAction[] = ['preflight', 'create', 'recreate'];

export const grantBound: Rule = {
  name: 'grant-bound',
  reason:
    'The grant is for another object, for an object of that name with another uid, for a subresource, or its bearer is not the ServiceAccount of the transaction: denied. A grant is good for one action on one object, so whoever reads it in an audit log has nothing.',
  decide: (situation) => {
    if (situation.grant.state !== 'verified') return undefined;
    const mismatch = mismatchOf(situation, situation.grant.claims);
    return mismatch === undefined ? undefined : refuseGrant('grant-bound', situation, mismatch);
  },
};

function mismatchOf(situation: Situation, claims: GrantClaims): string | undefined {
  const { review, locks } = situation;
  if (!review.user.username.startsWith('system:serviceaccount:')) return 'only a ServiceAccount can carry one';
  if (review.subresource !== '') return 'it is for the object itself, not for a subresource';
  return otherObject(locks.object, claims) ?? otherBearer(situation, claims);
}

function otherObject(object: ObjectIdentity, { action, target }: GrantClaims): string | undefined {
  if (target.group !== object.group || target.resource !== object.resource) return 'it is for an object of another resource';
  if (target.namespace !== object.namespace) return 'it is for an object in another namespace';
  if (target.name !== object.name) return 'it is for an object of another name';
  if (target.uid === undefined) return UID_UNKNOWN.includes(action) ? undefined : 'it does not name the uid of the object';
  return target.uid === object.uid ? undefined : 'the object was replaced by another of the same name';
}

function otherBearer({ review, lookups }: Situation, { transaction, bearer }: GrantClaims): string | undefined {
  const { username } = review.user;
  const wrong = 'it is carried by another ServiceAccount than that of the transaction';
  if (bearer !== undefined && username !== bearer) return wrong;
  const lookup = lookups.get(transaction);
  if (lookup?.found !== 'record') return undefined;
  const { record } = lookup;
  return username === `system:serviceaccount:${record.transaction.namespace}:${record.serviceAccountName}` ? undefined : wrong;
}
