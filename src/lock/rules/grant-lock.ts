import type { GrantClaims } from '../claims.ts';
import { allow, unavailable, type Denial } from '../denial.ts';
import type { LockLabel } from '../label.ts';
import { printable, wordsForObject } from '../message.ts';
import { refuseGrant, refuseWrite } from '../refuse.ts';
import type { Rule } from '../rule.ts';
import { sameApartFromLabel } from '../shape.ts';
import { heldLock, isVoid, lookupOf, targetOf, type Situation } from '../situation.ts';

export const grantLock: Rule = {
  name: 'grant-lock',
  reason:
    'An update that sets the lock label of the granted transaction and attempt, and changes nothing else, is allowed where no lock holds the object, or an earlier attempt of the same transaction does. The same label again is denied: a write that changes nothing fences nobody. The lock of another transaction answers with who holds it, at once.',
  decide: (situation) => {
    if (situation.grant.state !== 'verified' || situation.grant.claims.action !== 'lock') return undefined;
    return overOtherLock(situation, situation.grant.claims) ?? refusal(situation, situation.grant.claims) ?? allow('grant-lock');
  },
};

function overOtherLock(situation: Situation, { transaction }: GrantClaims): Denial | undefined {
  const { oldLock, object } = situation.locks;
  if (oldLock === undefined || oldLock.transaction === transaction) return undefined;
  const lookup = lookupOf(situation, oldLock.transaction);
  if (isVoid(oldLock, lookup)) return undefined;
  const held = heldLock(situation);
  if (held !== undefined) return refuseWrite('grant-lock', situation, held, { what: 'whole-object' });
  const why = lookup.found === 'unreadable' ? printable(lookup.why) : 'its record is not there';
  const words = wordsForObject(situation.review, object);
  return unavailable(
    'grant-lock',
    `${words} carries a lock of transaction ${oldLock.transaction}, and whether it still holds could not be found out: ${why}. It is tried again.`,
  );
}

function refusal(situation: Situation, claims: GrantClaims): Denial | undefined {
  const words = faultOf(situation, claims);
  return words === undefined ? undefined : refuseGrant('grant-lock', situation, words);
}

function faultOf(situation: Situation, { transaction, attempt }: GrantClaims): string | undefined {
  const { review, locks } = situation;
  const { oldLock, newLock } = locks;
  if (review.operation !== 'UPDATE') return 'a lock is set by an update';
  if (newLock === undefined) return 'the request does not set a lock label of this object';
  if (newLock.transaction !== transaction || newLock.attempt !== attempt)
    return 'the request sets the label of another transaction or attempt';
  const own = oldLock?.transaction === transaction ? oldLock : undefined;
  const overlaid = faultOver(own, newLock);
  if (overlaid !== undefined) return overlaid;
  if (!sameApartFromLabel(review.oldObject, review.object))
    return 'the request changes more than the label (by itself or by a mutating webhook)';
  return isPlanned(situation, transaction, own === undefined ? newLock : undefined)
    ? undefined
    : 'its transaction does not plan to touch this object';
}

function faultOver(own: LockLabel | undefined, next: LockLabel): string | undefined {
  if (own !== undefined && own.attempt >= next.attempt)
    return 'the object already carries a label of this attempt or a later one, so the write would fence nobody';
  // Cleaning up deletes what carries a creation label: nothing may get one that did not come into being with it.
  if (next.of === 'creation' && own?.of !== 'creation') return 'the request marks an object as created by its transaction that was not';
  return undefined;
}

// What the transaction holds already may have a uid that its record does not know: it was created again.
function isPlanned(situation: Situation, transaction: string, firstLock: LockLabel | undefined): boolean {
  const lookup = lookupOf(situation, transaction);
  return lookup.found === 'record' && targetOf(lookup.record, situation.locks.object, firstLock) !== undefined;
}
