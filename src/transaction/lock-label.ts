import { pointerTo } from '../lock/fields/pointer.ts';
import { creationLabelFor, LOCK_LABEL, lockLabelFor } from '../lock/label.ts';
import type { KubeObject } from '../kube/object.ts';
import { grantTargetOf, type Named } from './target.ts';

/** The label's value on one target in one attempt: by uid for what is there, by name for what the transaction makes. */
export function labelOf(
  record: { readonly transaction: { readonly uid: string }; readonly attempt: number },
  target: Named,
  uid: string | undefined,
): string {
  return uid === undefined
    ? creationLabelFor(record.transaction.uid, record.attempt, grantTargetOf(target))
    : lockLabelFor(record.transaction.uid, record.attempt, uid);
}

/** The object with its lock set to a value. */
export function withLabel(object: KubeObject, value: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, [LOCK_LABEL]: value } } };
}

/** The object as if it had never been locked. */
export function withoutLabel(object: KubeObject): KubeObject {
  const { [LOCK_LABEL]: _lock, ...labels } = object.metadata.labels ?? {};
  const { labels: _all, ...metadata } = object.metadata;
  return { ...object, metadata: Object.keys(labels).length > 0 ? { ...metadata, labels } : metadata };
}

/** The lock an object carries, void or not. */
export function lockOn(object: KubeObject): string | undefined {
  return object.metadata.labels?.[LOCK_LABEL];
}

/** `metadata.labels` step of the lock in a JSON pointer. */
export const LOCK_POINTER = pointerTo(['metadata', 'labels', LOCK_LABEL]);
