import type { Fault } from '../api/fault.ts';
import { isDeepStrictEqual } from 'node:util';
import {
  AUTOMATIC_ROLLBACK_ANNOTATION,
  REQUESTER_ANNOTATION,
  REQUEST_ROLLBACK_ANNOTATION,
  RETRY_ROLLBACK_ANNOTATION,
  SEALED_BY_ANNOTATION,
} from '../api/group.ts';
import type { MayImpersonate } from './access.ts';
import { refuseUnlessAllowed } from './impersonation.ts';
import { invalid } from './invalid.ts';
import { annotation, isBeingDeleted, nameOf } from './metadata.ts';
import type { AdmissionRequest, ReviewedObject } from './review.ts';
import { own } from './review.ts';
import { isFinished, isSealed, serviceAccountOf, specOf } from './sealing.ts';
import { stampFaults } from './stamp-faults.ts';
import type { Verdict } from './verdict.ts';
import { allow, forbid } from './verdict.ts';

/** Asking for one of these makes Janus act once more with the ServiceAccount's rights. */
const REQUEST_ANNOTATIONS: readonly string[] = [REQUEST_ROLLBACK_ANNOTATION, RETRY_ROLLBACK_ANNOTATION];

export interface TransactionRules {
  /** What is wrong with the spec, as far as the object alone tells. */
  readonly faults: (object: unknown, oldObject?: unknown) => readonly Fault[];
  readonly mayImpersonate: MayImpersonate;
  /** User name under which Janus itself speaks to the API server. */
  readonly ownUsername: string;
}

/** Whether a write to a Transaction, or to its status, may pass. */
export async function validateTransaction(request: AdmissionRequest, rules: TransactionRules): Promise<Verdict> {
  if (request.subResource === 'status') return validateStatus(request, rules);
  if (request.operation === 'DELETE') return validateDeletion(request);
  const { object, oldObject } = request;
  if (object === undefined || (request.operation === 'UPDATE' && oldObject === undefined)) throw new Error('the review has no object');
  const faults = [...specFaults(object, oldObject, rules), ...sealingFaults(object, oldObject), ...transactionStampFaults(request, object)];
  if (faults.length > 0) return invalid('Transaction', object, faults);
  if (!usesServiceAccount(object, oldObject)) return allow('valid');
  return (await refuseUnlessAllowed(rules.mayImpersonate, request.userInfo, request.namespace, serviceAccountOf(object))) ?? allow('valid');
}

// Tenants may have every right in their namespace; a status of their making would misreport what was done.
function validateStatus(request: AdmissionRequest, rules: TransactionRules): Verdict {
  if (request.userInfo.username === rules.ownUsername) return allow('own-status');
  return forbid(
    'foreign-status',
    'The status of a Transaction is written by Janus only. To ask for a rollback, set the annotation ' + REQUEST_ROLLBACK_ANNOTATION + '.',
  );
}

// Deletion is never refused: the finalizers see to it that what was begun is rolled back first.
function validateDeletion(request: AdmissionRequest): Verdict {
  const { oldObject } = request;
  if (oldObject === undefined || isFinished(oldObject)) return allow('deletion');
  const undo =
    annotation(oldObject, AUTOMATIC_ROLLBACK_ANNOTATION) === undefined ? 'what it did is left as it is' : 'it is rolled back first';
  return allow('deletion', { warnings: [`Transaction ${request.namespace}/${nameOf(oldObject)} is not finished: ${undo}.`] });
}

// Whoever takes a finalizer off must not be stopped by a spec that is as it was.
function specFaults(object: ReviewedObject, oldObject: ReviewedObject | undefined, rules: TransactionRules): readonly Fault[] {
  if (oldObject !== undefined && isDeepStrictEqual(own(object, 'spec'), own(oldObject, 'spec'))) return [];
  // A write to the object itself cannot change its status, so it is not to blame for one.
  if (oldObject === undefined || !isSealed(oldObject))
    return rules.faults(object, oldObject).filter(({ field }) => !/^status\b/.test(field));
  if (!isSealed(object)) return [{ field: 'spec.sealed', message: 'sealing is final' }];
  return [
    ...fieldsChanged(specOf(object), specOf(oldObject)).map((field) => ({ field, message: 'is immutable once the Transaction is sealed' })),
  ];
}

function fieldsChanged(spec: ReviewedObject, oldSpec: ReviewedObject): string[] {
  const keys = [...new Set([...Object.keys(spec), ...Object.keys(oldSpec)])].toSorted();
  return keys.filter((key) => !isDeepStrictEqual(own(spec, key), own(oldSpec, key))).map((key) => `spec.${key}`);
}

function sealingFaults(object: ReviewedObject, oldObject: ReviewedObject | undefined): readonly Fault[] {
  if (!isBeingDeleted(object) || !isSealed(object) || isSealed(oldObject)) return [];
  return [{ field: 'spec.sealed', message: 'a Transaction that is being deleted cannot be sealed' }];
}

function transactionStampFaults(request: AdmissionRequest, object: ReviewedObject): readonly Fault[] {
  return [
    ...stampFaults(request, REQUESTER_ANNOTATION, request.operation === 'CREATE'),
    ...stampFaults(request, SEALED_BY_ANNOTATION, isSealed(object) && !isSealed(request.oldObject)),
  ];
}

// An unsealed Transaction does nothing, so it may be prepared by somebody without the right; but asking for action needs it.
function usesServiceAccount(object: ReviewedObject, oldObject: ReviewedObject | undefined): boolean {
  if (isSealed(object) && !isSealed(oldObject)) return true;
  return REQUEST_ANNOTATIONS.some((key) => annotation(object, key) !== undefined && annotation(object, key) !== annotation(oldObject, key));
}
