import { isListed, type IdentityList } from './controllers.ts';
import type { GrantState } from './grant-verifier.ts';
import { isLockOf, parseLockLabel, type LockLabel, type ObjectIdentity } from './label.ts';
import type { LockRecord, Progress, RecordLookup, RecordTarget } from './record.ts';
import { identityOf, type Review } from './review.ts';
import { lockLabelOf } from './shape.ts';

/** Whether the sender may break the lock: by RBAC, or nobody could tell. */
export type UnlockRight = 'granted' | 'missing' | 'unknown';

/** Everything a decision is made from. */
export interface DecisionInput {
  readonly review: Review;
  readonly grant: GrantState;
  /** What was found of the records that `lookupsNeeded` named, by uid of the Transaction. */
  readonly lookups: ReadonlyMap<string, RecordLookup>;
  readonly now: Date;
  /** Who counts as the cluster's own controllers; normally `CLUSTER_CONTROLLERS` and what the operator was configured with. */
  readonly controllers: IdentityList;
  /** Whether the sender may break the lock; asked only where `unlockQuestion` says so. */
  readonly unlockRight?: UnlockRight;
}

/** Which object a review is about, and which locks of it stand in the old and in the new state. */
export interface Locks {
  readonly object: ObjectIdentity;
  /** The label as the old object carries it, whether or not it is a lock. */
  readonly oldLabel: string | undefined;
  readonly newLabel: string | undefined;
  /** The label of the old object, if it is a lock of this very object. */
  readonly oldLock: LockLabel | undefined;
  readonly newLock: LockLabel | undefined;
}

/** What the rules look at. */
export interface Situation extends DecisionInput {
  readonly locks: Locks;
}

/** A lock that holds: the record says so. */
export interface HeldLock {
  readonly record: LockRecord;
  readonly progress: Progress | undefined;
  /** Undefined where the record does not name this object: then all of it is held. */
  readonly target: RecordTarget | undefined;
}

/** Finds the locks of a review's object. */
export function locksOf(review: Review): Locks {
  const object = identityOf(review);
  const oldLabel = lockLabelOf(review.oldObject);
  const newLabel = lockLabelOf(review.object);
  return { object, oldLabel, newLabel, oldLock: lockOf(oldLabel, object), newLock: lockOf(newLabel, object) };
}

/** What is known of the record that a label names. A record that nobody looked up is unreadable, never absent. */
export function lookupOf({ lookups }: Pick<DecisionInput, 'lookups'>, transaction: string): RecordLookup {
  return lookups.get(transaction) ?? { found: 'unreadable', why: 'it was not looked up' };
}

/** Whether a label blocks nobody any more: its transaction ended, or its record is gone, or the attempt it names was settled. */
export function isVoid(label: LockLabel, lookup: RecordLookup): boolean {
  if (lookup.found === 'absent') return true;
  if (lookup.found === 'unreadable') return false;
  const { phase, voidThrough } = lookup.record;
  return phase === 'Committed' || phase === 'RolledBack' || (voidThrough !== undefined && label.attempt <= voidThrough);
}

/** The lock of the old object while it holds. Rules that ask come after those for unreadable records and void labels. */
export function heldLock(situation: Situation): HeldLock | undefined {
  const { oldLock, object } = situation.locks;
  if (oldLock === undefined) return undefined;
  const lookup = lookupOf(situation, oldLock.transaction);
  if (lookup.found !== 'record' || isVoid(oldLock, lookup)) return undefined;
  return { record: lookup.record, progress: lookup.progress, target: targetOf(lookup.record, object, oldLock) };
}

/** The record's target that is this object. A lock by uid must be of the very object that was locked. */
export function targetOf(record: LockRecord, object: ObjectIdentity, lock?: LockLabel): RecordTarget | undefined {
  return record.targets.find(
    ({ kind, namespace, name, uid, after }) =>
      name === object.name &&
      (namespace ?? '') === object.namespace &&
      kind.resource === object.resource &&
      kind.group === object.group &&
      (lock?.of !== 'object' || uid === undefined || uid === object.uid || after?.uid === object.uid),
  );
}

/** Whether the sender is one of the cluster's own controllers. */
export function isController({ review, controllers }: Pick<DecisionInput, 'review' | 'controllers'>): boolean {
  return isListed(review.user, controllers);
}

function lockOf(value: string | undefined, object: ObjectIdentity): LockLabel | undefined {
  const label = parseLockLabel(value);
  return label !== undefined && isLockOf(label, object) ? label : undefined;
}
