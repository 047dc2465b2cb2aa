import type { ReviewedObject } from './review.ts';
import { isObject, own } from './review.ts';

/** `spec`, or nothing of it. */
export function specOf(object: ReviewedObject): ReviewedObject {
  const spec = own(object, 'spec');
  return isObject(spec) ? spec : {};
}

/** True once a Transaction is handed over to be carried out; this cannot be undone. */
export function isSealed(transaction: ReviewedObject | undefined): boolean {
  return transaction !== undefined && own(specOf(transaction), 'sealed') === true;
}

/** Name of the ServiceAccount that a Transaction's changes are made as; '' where there is none. */
export function serviceAccountOf(transaction: ReviewedObject): string {
  const name = own(specOf(transaction), 'serviceAccountName');
  return typeof name === 'string' ? name : '';
}

/**
 * True when nothing of a Transaction is left to do or to undo: it never started, was committed, was rolled back, or failed without
 * leaving anything behind. Reads `status`, which only Janus writes.
 */
export function isFinished(transaction: ReviewedObject): boolean {
  const status = own(transaction, 'status');
  const phase = isObject(status) ? own(status, 'phase') : undefined;
  if (phase === 'Committed' || phase === 'RolledBack') return true;
  if (phase === 'Failed' && isObject(status)) return (own(status, 'itemsCommitted') ?? 0) === 0 && nothingToUndo(own(status, 'items'));
  return !isSealed(transaction);
}

function nothingToUndo(items: unknown): boolean {
  if (items === undefined) return true;
  return (
    Array.isArray(items) && items.every((item) => isObject(item) && (own(item, 'committed') !== true || own(item, 'rolledBack') === true))
  );
}
