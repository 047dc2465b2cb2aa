import type { FieldsV1 } from '../../kube/object.ts';
import { isMap, put } from './value.ts';

/*
 * A node of a FieldsV1 set is one of three things:
 *   {}                      a leaf: the place is a member, with everything that is in it
 *   {".": {}, "f:a": …}     the place is a member, that is its presence and kind; what is in it only as far as listed
 *   {"f:a": …}              only what is listed
 * API servers write a member without listed children as {}, whether it is atomic or not. Our own arithmetic keeps
 * {".": {}} apart from it, so that a map of which only the presence is meant is never taken for all of its contents.
 */

/** A member with everything that is in it. */
export const LEAF: FieldsV1 = Object.freeze({});

/** A member of which only the presence is meant. */
export const PRESENCE: FieldsV1 = Object.freeze({ '.': LEAF });

/** True where the whole value is meant. What is not a JSON object (hostile input) counts as a leaf. */
export function isLeaf(node: FieldsV1): boolean {
  if (!isMap(node)) return true;
  for (const step in node) if (Object.hasOwn(node, step)) return false;
  return true;
}

/** True where the place itself belongs to the set, not only something in it. */
export function isMember(node: FieldsV1): boolean {
  return isLeaf(node) || Object.hasOwn(node, '.');
}

/** The steps below a node, without `.`. */
export function stepsOf(node: FieldsV1): readonly string[] {
  return isMap(node) ? Object.keys(node).filter((step) => step !== '.') : [];
}

/** The node below a step, if there is one. */
export function childOf(node: FieldsV1 | undefined, step: string): FieldsV1 | undefined {
  return isMap(node) && Object.hasOwn(node, step) ? node[step] : undefined;
}

/** Puts a node together; `undefined` if nothing is left of it. */
export function nodeOf(member: boolean, children: readonly (readonly [string, FieldsV1])[]): FieldsV1 | undefined {
  if (children.length === 0) return member ? PRESENCE : undefined;
  const node: Record<string, FieldsV1> = member ? { '.': LEAF } : {};
  for (const [step, child] of children) put(node, step, child);
  return node;
}
