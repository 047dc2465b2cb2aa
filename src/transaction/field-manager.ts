import type { FieldsV1, KubeObject } from '../kube/object.ts';
import { unionOf } from '../lock/fields/set.ts';

/** Manager of the writes that only set or take off the label. */
export const LOCK_MANAGER = 'janus-lock';

const LIMIT = 128;

/**
 * Field manager of one change: `janus-<transaction, cut>-<uid, 8>-<n>`, at most 128 bytes. A manager a change, because
 * the same manager applied twice prunes what it wrote before.
 */
export function fieldManagerOf(transaction: { readonly name: string; readonly uid: string }, changeIndex: number): string {
  const suffix = `-${transaction.uid.slice(0, 8)}-${String(changeIndex)}`;
  return `janus-${transaction.name.slice(0, LIMIT - 'janus-'.length - suffix.length)}${suffix}`;
}

/** Tells the managers of one transaction, that of its locks included, from everybody else's. */
export function managersOf(transaction: { readonly uid: string }): (manager: string) => boolean {
  const ending = new RegExp(`^janus-.*-${transaction.uid.slice(0, 8)}-\\d+$`);
  return (manager) => manager === LOCK_MANAGER || ending.test(manager);
}

/** Everything that the managers of a transaction's changes own in an object. */
export function writtenBy(transaction: { readonly uid: string }, object: KubeObject): FieldsV1 {
  const ours = managersOf(transaction);
  const entries = (object.metadata.managedFields ?? []).filter(({ manager = '' }) => ours(manager) && manager !== LOCK_MANAGER);
  return unionOf(...entries.map(({ fieldsV1 }) => fieldsV1));
}

/** Everything that others own in an object. */
export function ownedByOthers(transaction: { readonly uid: string }, object: KubeObject): FieldsV1 {
  const ours = managersOf(transaction);
  return unionOf(...(object.metadata.managedFields ?? []).filter(({ manager = '' }) => !ours(manager)).map(({ fieldsV1 }) => fieldsV1));
}
