import { createHash } from 'node:crypto';

/** The label that is the lock: it is in the object itself, and its value names the transaction that holds it. */
export const LOCK_LABEL = 'tx.janus.io/lock';

/**
 * A lock label taken apart. `object` locks were put on an object that existed; `creation` locks come with an object that the
 * transaction itself creates, whose uid nobody knows beforehand.
 */
export interface LockLabel {
  readonly value: string;
  /** uid of the Transaction. */
  readonly transaction: string;
  readonly attempt: number;
  readonly of: 'object' | 'creation';
  /** First 8 digits of the object's uid, or of the hash over where the created object is served. */
  readonly digits: string;
}

/** Where an object is served. */
export interface ObjectPlace {
  readonly group: string;
  readonly resource: string;
  /** '' for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

/** An object as a lock names it: its place, and its uid once it has one. */
export interface ObjectIdentity extends ObjectPlace {
  readonly uid?: string;
}

// 36 for the uid, 15 for the attempt, 10 for the last part and two dots are just the 63 characters of a label's value.
const ATTEMPT_MAX = 999_999_999_999_999;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VALUE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9][0-9]{0,14})\.(c-)?([0-9a-f]{8})$/;

/** The value that locks an existing object. Throws RangeError for a uid or attempt that no label can carry. */
export function lockLabelFor(transactionUid: string, attempt: number, objectUid: string): string {
  if (!/^[0-9a-f]{8}/.test(objectUid))
    throw new RangeError(`"${objectUid}" is no uid of an object: its first 8 characters must be hexadecimal.`);
  return `${prefixFor(transactionUid, attempt)}.${objectUid.slice(0, 8)}`;
}

/** The value that an object carries which the transaction itself creates. Throws RangeError like `lockLabelFor`. */
export function creationLabelFor(transactionUid: string, attempt: number, place: ObjectPlace): string {
  return `${prefixFor(transactionUid, attempt)}.c-${placeDigits(place)}`;
}

/** Reads a label's value strictly: whatever `lockLabelFor` and `creationLabelFor` can't have written is no lock. */
export function parseLockLabel(value: unknown): LockLabel | undefined {
  if (typeof value !== 'string' || value.length > 63) return undefined;
  const [, transaction, attempt, creation, digits] = VALUE.exec(value) ?? [];
  if (transaction === undefined || attempt === undefined || digits === undefined) return undefined;
  return { value, transaction, attempt: Number(attempt), of: creation === undefined ? 'object' : 'creation', digits };
}

/** Whether the label locks this very object. Controllers copy labels to other objects: a copy locks nothing. */
export function isLockOf(label: LockLabel, object: ObjectIdentity): boolean {
  if (label.of === 'creation') return label.digits === placeDigits(object);
  return object.uid?.slice(0, 8) === label.digits;
}

/** True for a UUID as API servers write it: lower case, with hyphens. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** True for a number that can count the attempts of a transaction: 1, 2, 3… up to 15 digits. */
export function isAttempt(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= ATTEMPT_MAX;
}

function prefixFor(transactionUid: string, attempt: number): string {
  if (!UUID.test(transactionUid)) throw new RangeError(`"${transactionUid}" is no uid of a Transaction: it must be a UUID in lower case.`);
  const countable: boolean = isAttempt(attempt);
  if (!countable) throw new RangeError(`${attempt} is no attempt: it must be a whole number from 1 to ${ATTEMPT_MAX}.`);
  return `${transactionUid}.${attempt}`;
}

function placeDigits({ group, resource, namespace, name }: ObjectPlace): string {
  return createHash('sha256').update(`${group}/${resource}/${namespace}/${name}`).digest('hex').slice(0, 8);
}
