import {
  AUTOMATIC_ROLLBACK_ANNOTATION,
  LEASE_CLEANUP_FINALIZER,
  REQUESTER_ANNOTATION,
  ROLLBACK_PROTECTION_FINALIZER,
  SEALED_BY_ANNOTATION,
} from '../api/group.ts';
import type { Fault } from '../api/fault.ts';
import type { JsonPatchOperation } from '../kube/client.ts';
import { invalid } from './invalid.ts';
import { addFinalizers, annotate, annotation, isBeingDeleted, unannotate } from './metadata.ts';
import type { AdmissionRequest, ReviewedObject } from './review.ts';
import { isSealed } from './sealing.ts';
import { stampFaults } from './stamp-faults.ts';
import { stampOf } from './stamp.ts';
import type { Verdict } from './verdict.ts';
import { allow } from './verdict.ts';

const FINALIZERS: readonly string[] = [LEASE_CLEANUP_FINALIZER, ROLLBACK_PROTECTION_FINALIZER];

/**
 * Stamps a Transaction with its requester at creation, and with its sealer, finalizers and automatic rollback at sealing. Who touches
 * a stamp otherwise is refused here as well as by validation: to forge one both configurations would have to be away.
 */
export function defaultTransaction(request: AdmissionRequest): Verdict {
  const { object, oldObject, operation } = request;
  if (object === undefined || request.subResource !== '' || (operation !== 'CREATE' && operation !== 'UPDATE'))
    return allow('nothing-to-default');
  const faults = operation === 'UPDATE' ? touchedStamps(request, object) : [];
  if (faults.length > 0) return invalid('Transaction', object, faults);
  const patch = operation === 'CREATE' ? onCreate(request, object) : onUpdate(request, object, oldObject);
  return allow(patch.length === 0 ? 'nothing-to-default' : 'defaulted', { patch });
}

function onCreate(request: AdmissionRequest, object: ReviewedObject): JsonPatchOperation[] {
  const stamp = stampOf(request.userInfo);
  if (isSealed(object))
    return [
      ...annotate(object, { [REQUESTER_ANNOTATION]: stamp, [SEALED_BY_ANNOTATION]: stamp, ...automaticRollback(object) }),
      ...finalizers(object),
    ];
  return [...annotate(object, { [REQUESTER_ANNOTATION]: stamp }), ...unannotate(object, [SEALED_BY_ANNOTATION])];
}

// Not repaired silently: whoever touches a stamp is to learn of it. That of the sealer is written anew at sealing.
function touchedStamps(request: AdmissionRequest, object: ReviewedObject): readonly Fault[] {
  const seals = isSealed(object) && !isSealed(request.oldObject);
  return [REQUESTER_ANNOTATION, ...(seals ? [] : [SEALED_BY_ANNOTATION])].flatMap((key) => stampFaults(request, key, false));
}

function onUpdate(request: AdmissionRequest, object: ReviewedObject, oldObject: ReviewedObject | undefined): JsonPatchOperation[] {
  if (!isSealed(object) || isSealed(oldObject)) return [];
  return [...annotate(object, { [SEALED_BY_ANNOTATION]: stampOf(request.userInfo), ...automaticRollback(object) }), ...finalizers(object)];
}

// The annotation's presence is what counts: a value that somebody chose is left.
function automaticRollback(object: ReviewedObject): Record<string, string> {
  return annotation(object, AUTOMATIC_ROLLBACK_ANNOTATION) === undefined ? { [AUTOMATIC_ROLLBACK_ANNOTATION]: 'true' } : {};
}

// The API server refuses new finalizers on an object that is being deleted, in words that would puzzle whoever seals it.
function finalizers(object: ReviewedObject): JsonPatchOperation[] {
  return isBeingDeleted(object) ? [] : addFinalizers(object, FINALIZERS);
}
