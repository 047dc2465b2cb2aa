import type { GrantState } from './grant-verifier.ts';
import type { Review } from './review.ts';
import { labelAdded } from './rules/label-added.ts';
import { noChange } from './rules/no-change.ts';
import { statusOnly } from './rules/status-only.ts';
import { locksOf, type Locks, type Situation } from './situation.ts';

/**
 * The uids of the transactions whose records `decide` will look at; each costs a request. None where the label itself fences
 * (apply, restore, delete, unlock: the API server compares it again in the very swap), and none where the answer does not depend
 * on the record. Only where nothing was in the cluster before (create, recreate), and for the write that sets the label, must
 * the record still be open and of the grant's attempt.
 */
export function lookupsNeeded(review: Review, grant: GrantState): readonly string[] {
  const locks = locksOf(review);
  if (grant.state === 'faulty') return [];
  if (grant.state === 'verified') return forGrant(grant, locks);
  return locks.oldLock === undefined || isPlain({ review, grant, locks }) ? [] : [locks.oldLock.transaction];
}

function forGrant({ claims }: GrantState & { state: 'verified' }, { oldLock }: Locks): readonly string[] {
  switch (claims.action) {
    case 'lock':
      return [...new Set([claims.transaction, ...(oldLock === undefined ? [] : [oldLock.transaction])])];
    case 'create':
    case 'recreate':
      return [claims.transaction];
    default:
      return [];
  }
}

// These rules come before any that reads a record.
function isPlain(known: Pick<Situation, 'review' | 'grant' | 'locks'>): boolean {
  const situation: Situation = { ...known, lookups: new Map(), now: new Date(0), controllers: { users: [], groups: [] } };
  return [noChange, labelAdded, statusOnly].some((rule) => rule.decide(situation) !== undefined);
}
