import { LEASE_CLEANUP_FINALIZER, REQUEST_ROLLBACK_ANNOTATION, RETRY_ROLLBACK_ANNOTATION } from '../api/group.ts';
import { isSealed, type SealedTransaction, type Transaction } from '../api/transaction.ts';
import { findCondition } from '../kube/conditions.ts';
import { isApiError } from '../kube/errors.ts';
import { retrying } from '../kube/retry.ts';
import { pointerTo } from '../lock/fields/pointer.ts';
import type { SagaContext } from './context.ts';
import { refOfTransaction } from './kinds.ts';
import { isEnded } from './status.ts';

/** Whether a Transaction as read has anything for the executor to do. */
export function needsWork(transaction: Transaction): transaction is SealedTransaction {
  if (!isSealed(transaction)) return false;
  if (!isEnded(transaction.status?.phase)) return true;
  if ((transaction.metadata.finalizers ?? []).includes(LEASE_CLEANUP_FINALIZER)) return true;
  return isRetried(transaction) || isAsked(transaction);
}

// A rollback on request has no finalizer to tell that it is unfinished: without this a restart would forget it.
function isRetried({ status }: Transaction): boolean {
  return findCondition(status?.conditions ?? [], 'Stalled')?.reason === 'RollbackFailed';
}

/** Whether somebody asks for a rollback, or for another try of one. */
export function isAsked(transaction: Transaction): boolean {
  return annotated(transaction, REQUEST_ROLLBACK_ANNOTATION) || annotated(transaction, RETRY_ROLLBACK_ANNOTATION);
}

/**
 * Whether a later reading of a Transaction asks for something that the earlier did not: another rollback, another try, or its
 * deletion. An executor's own writes come back as news too, with the annotation still on that it is busy answering.
 */
export function asksAnew(before: Transaction, after: Transaction): boolean {
  if (after.metadata.deletionTimestamp !== undefined && before.metadata.deletionTimestamp === undefined) return true;
  return [REQUEST_ROLLBACK_ANNOTATION, RETRY_ROLLBACK_ANNOTATION].some((key) => {
    const asked = after.metadata.annotations?.[key];
    return asked !== undefined && asked !== before.metadata.annotations?.[key];
  });
}

/** Why a Transaction ends that somebody has asked to be rolled back while it was under way. */
export const ASKED_WORDS = 'its rollback was requested before its end';

/** Whether a later reading asks for a rollback of what has not come to its end yet. Work that goes back already is not disturbed. */
export function asksForEnd(before: Transaction, after: Transaction): boolean {
  if (isEnded(after.status?.phase) || after.status?.phase === 'RollingBack') return false;
  return annotated(after, REQUEST_ROLLBACK_ANNOTATION) && !annotated(before, REQUEST_ROLLBACK_ANNOTATION);
}

/** Whether a Transaction carries an annotation, whatever its value. */
export function annotated(transaction: Transaction, key: string): boolean {
  return transaction.metadata.annotations?.[key] !== undefined;
}

/** Takes a one-shot annotation off: what it asked for was heard. What somebody has asked for meanwhile stays. */
export async function dropAnnotation(context: SagaContext, heard: Transaction, key: string): Promise<void> {
  const path = pointerTo(['metadata', 'annotations', key]);
  const operations = [
    { op: 'test', path, value: heard.metadata.annotations?.[key] },
    { op: 'remove', path },
  ] as const;
  try {
    await retrying(() => context.client.patch(refOfTransaction(heard), { type: 'json', operations }));
  } catch (error) {
    if (!isApiError(error, 404, 422)) throw error;
  }
}
