import type { GrantState } from './grant-verifier.ts';
import type { Review } from './review.ts';
import { sameApartFromLabel } from './shape.ts';
import { isVoid, lookupOf, type DecisionInput, type Locks } from './situation.ts';

/** The verb on `transactions` of our group that lets somebody break the locks of a transaction. */
export const UNLOCK_VERB = 'unlock';

/** Whose right must be asked for before a lock is broken: in the transaction's namespace, or in all where nobody can tell which it is. */
export interface UnlockQuestion {
  readonly namespace?: string;
  readonly name?: string;
}

/**
 * The field manager by which a write says that it means to break the locks of this transaction. No client sends it by
 * itself, and it names what it breaks: neither an edit by accident nor a script of yesterday breaks the lock of today.
 */
export function unlockManagerFor(transaction: string): string {
  return `janus-unlock-${transaction}`;
}

/** Whether the request says that it means to break the lock that the object carries. */
export function meansToUnlock(review: Review, grant: GrantState, { oldLock }: Locks): boolean {
  if (oldLock === undefined || review.operation !== 'UPDATE' || grant.state !== 'none') return false;
  const { options = {} } = review;
  return Object.hasOwn(options, 'fieldManager') && options['fieldManager'] === unlockManagerFor(oldLock.transaction);
}

/** Whether it takes the label off and does nothing else. */
export function onlyUnlocks(review: Review, { newLabel }: Locks): boolean {
  if (review.operation !== 'UPDATE' || review.subresource !== '' || newLabel !== undefined) return false;
  return sameApartFromLabel(review.oldObject, review.object);
}

/** What must be found out before the decision; undefined where the right does not matter. */
export function unlockQuestion(input: DecisionInput & { readonly locks: Locks }): UnlockQuestion | undefined {
  const { review, grant, locks } = input;
  const { oldLock } = locks;
  if (oldLock === undefined || !meansToUnlock(review, grant, locks) || !onlyUnlocks(review, locks)) return undefined;
  const lookup = lookupOf(input, oldLock.transaction);
  if (isVoid(oldLock, lookup)) return undefined;
  if (lookup.found !== 'record') return {};
  const { namespace, name } = lookup.record.transaction;
  return { namespace, name };
}
