import type { FieldsV1, KubeObject } from '../kube/object.ts';
import { differenceOf, isEmptySet, unionOf } from '../lock/fields/set.ts';
import { LOCK_LABEL } from '../lock/label.ts';

/** Manager of the writes that only set or take off the label. */
export const LOCK_MANAGER = 'janus-lock';

/** What a write that sets the label comes to own. */
const LOCK_FIELDS: FieldsV1 = { 'f:metadata': { 'f:labels': { '.': {}, [`f:${LOCK_LABEL}`]: {} } } };

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

/**
 * Whether an object still bears what a transaction wrote: by one of its changes, or by putting back under its lock. The
 * lock's own manager is one for all transactions, so a label alone may be another's by now.
 */
export function bearsOurs(transaction: { readonly uid: string }, object: KubeObject): boolean {
  const ours = managersOf(transaction);
  return (object.metadata.managedFields ?? []).some(({ manager = '', fieldsV1 = {} }) =>
    manager === LOCK_MANAGER ? !isEmptySet(differenceOf(fieldsV1, LOCK_FIELDS)) : ours(manager),
  );
}

/** Everything that others own in an object. */
export function ownedByOthers(transaction: { readonly uid: string }, object: KubeObject): FieldsV1 {
  const ours = managersOf(transaction);
  return unionOf(...(object.metadata.managedFields ?? []).filter(({ manager = '' }) => !ours(manager)).map(({ fieldsV1 }) => fieldsV1));
}
