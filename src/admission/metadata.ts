import type { JsonPatchOperation } from '../kube/client.ts';
import { pointerTo } from '../lock/fields/pointer.ts';
import type { ReviewedObject } from './review.ts';
import { isObject, own } from './review.ts';

/** An object's annotation; undefined for one that is not text. */
export function annotation(object: ReviewedObject | undefined, key: string): string | undefined {
  const annotations = object === undefined ? undefined : own(metadata(object), 'annotations');
  const value = isObject(annotations) ? own(annotations, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Name for messages, also where the server is still to generate it. */
export function nameOf(object: ReviewedObject): string {
  const name = own(metadata(object), 'name') ?? own(metadata(object), 'generateName');
  return typeof name === 'string' ? name : '';
}

/** True once somebody asked for the object's deletion. */
export function isBeingDeleted(object: ReviewedObject): boolean {
  return typeof own(metadata(object), 'deletionTimestamp') === 'string';
}

/** `metadata`, or nothing of it. */
export function metadata(object: ReviewedObject): ReviewedObject {
  const value = own(object, 'metadata');
  return isObject(value) ? value : {};
}

/** JSON Patch that sets annotations; nothing for those that have the value already. */
export function annotate(object: ReviewedObject, wanted: Readonly<Record<string, string>>): JsonPatchOperation[] {
  const missing = Object.entries(wanted).filter(([key, value]) => annotation(object, key) !== value);
  if (missing.length === 0) return [];
  if (!isObject(own(metadata(object), 'annotations')))
    return [{ op: 'add', path: '/metadata/annotations', value: Object.fromEntries(missing) }];
  // `add` to a key that is there replaces its value (RFC 6902, 4.1).
  return missing.map(([key, value]) => ({ op: 'add', path: pointerTo(['metadata', 'annotations', key]), value }));
}

/** JSON Patch that removes annotations that are there. */
export function unannotate(object: ReviewedObject, keys: readonly string[]): JsonPatchOperation[] {
  const annotations = own(metadata(object), 'annotations');
  if (!isObject(annotations)) return [];
  return keys
    .filter((key) => Object.hasOwn(annotations, key))
    .map((key) => ({ op: 'remove', path: pointerTo(['metadata', 'annotations', key]) }));
}

/** JSON Patch that adds the finalizers that are missing. */
export function addFinalizers(object: ReviewedObject, wanted: readonly string[]): JsonPatchOperation[] {
  const present = own(metadata(object), 'finalizers');
  if (!Array.isArray(present)) return wanted.length === 0 ? [] : [{ op: 'add', path: '/metadata/finalizers', value: wanted }];
  return wanted.filter((name) => !present.includes(name)).map((value) => ({ op: 'add', path: '/metadata/finalizers/-', value }));
}
