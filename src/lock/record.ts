import type { FieldsV1, ResourceKind } from '../kube/object.ts';

/**
 * Where a transaction stands, as decided by compare-and-swap on its record. `Committed` and `RolledBack` end it: labels
 * of such a record are void. `Failed` still holds its locks, since something it did could not yet be undone.
 */
export type RecordPhase = 'Preparing' | 'Committing' | 'Committed' | 'RollingBack' | 'RolledBack' | 'Failed';

export type ChangeType = 'Create' | 'Update' | 'Patch' | 'Delete';

/** One ResourceChange of a target's chain. */
export interface RecordChange {
  readonly name: string;
  readonly type: ChangeType;
  readonly order: number;
}

/** One object that the transaction touches: one lock, one before-image, one or more changes in order. */
export interface RecordTarget {
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly name: string;
  readonly changes: readonly RecordChange[];
  /** `object`: nobody else writes it. `fields`: nobody else writes `fields` or deletes it. */
  readonly scope: 'object' | 'fields';
  /** uid of the object that was locked; absent where the name did not exist. */
  readonly uid?: string;
  /** What a commit left under this name: where it was deleted and created anew, another object. */
  readonly after?: { readonly uid?: string };
  /** The locked fields in the version of `kind`. While absent, a `fields` lock holds the whole object. */
  readonly fields?: FieldsV1;
  /** Its scale subresource writes something that is locked. */
  readonly scale?: boolean;
  /** A rollback has put this object back and let it go. */
  readonly undone?: boolean;
  /** Why this object was left as it is by a rollback; absent while there is nothing to tell. */
  readonly conflict?: string;
  /** Somebody was let break its lock by force. */
  readonly broken?: BrokenLock;
}

/** Who broke a lock by force, and when. */
export interface BrokenLock {
  /** User name, as the API server authenticated it. */
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
}

/** What the webhook must know of a transaction to decide; the saga's record extends it with what only the saga needs. */
export interface LockRecord {
  readonly transaction: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly serviceAccountName: string;
  /** User name of the person who sealed it. */
  readonly requester: string;
  readonly phase: RecordPhase;
  readonly attempt: number;
  /** Labels of this attempt and earlier ones are void for good: set when a committed transaction is opened again (request-rollback). */
  readonly voidThrough?: number;
  readonly foreignWrites: 'Deny' | 'Delay';
  /** RFC 3339. */
  readonly lockedSince: string;
  /** RFC 3339; when spec.timeout ends it at the latest. */
  readonly deadline: string;
  readonly targets: readonly RecordTarget[];
}

/** What the webhook found when it looked for the record that a label names. */
export type RecordLookup =
  | { readonly found: 'record'; readonly record: LockRecord; readonly progress?: Progress }
  /** 404 by a quorum read while the system namespace exists and is not terminating. */
  | { readonly found: 'absent' }
  | { readonly found: 'unreadable'; readonly why: string };

/** How far the executor is, where the same process knows it. */
export interface Progress {
  readonly committed: number;
  readonly total: number;
}
