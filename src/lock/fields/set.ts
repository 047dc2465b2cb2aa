import type { FieldsV1 } from '../../kube/object.ts';
import { deeper } from './depth.ts';
import { childOf, isLeaf, isMember, LEAF, nodeOf, stepsOf } from './node.ts';
import { isMap, put } from './value.ts';

export { memberPaths } from './member-paths.ts';

/** Everything that is a member of any of the sets. Absent sets are empty. Throws `FieldsError` at too deep a nesting, like all of these. */
export function unionOf(...sets: readonly (FieldsV1 | undefined)[]): FieldsV1 {
  let union: FieldsV1 = LEAF;
  for (const set of sets) {
    if (set === undefined || isEmptySet(set)) continue;
    union = isEmptySet(union) ? set : unite(union, set, 0);
  }
  return union;
}

/** What is a member of both: that a place is in one and something within it in the other is not enough. */
export function intersectionOf(a: FieldsV1, b: FieldsV1): FieldsV1 {
  return isEmptySet(a) || isEmptySet(b) ? LEAF : (intersect(a, b, 0) ?? LEAF);
}

/** What is a member of `a` and not of `b`: to take away a place leaves what `a` lists within it. */
export function differenceOf(a: FieldsV1, b: FieldsV1): FieldsV1 {
  return isEmptySet(a) || isEmptySet(b) ? a : (subtract(a, b, 0) ?? LEAF);
}

/** True for a set without members. */
export function isEmptySet(set: FieldsV1): boolean {
  return !isMap(set) || isLeaf(set);
}

/** Whether both have the same members. `{".": {}}` and `{}` are the same member. */
export function equalSets(a: FieldsV1, b: FieldsV1): boolean {
  if (isEmptySet(a) || isEmptySet(b)) return isEmptySet(a) && isEmptySet(b);
  return equal(a, b, 0);
}

/** The set as API servers write it: a member without listed children is `{}`. */
export function wireForm(set: FieldsV1): FieldsV1 {
  return wire(set, 0);
}

// Most sets have much in common, so what one adds nothing to is taken as it is.
function unite(a: FieldsV1, b: FieldsV1, depth: number): FieldsV1 {
  if (isLeaf(a)) return withLeaf(b);
  if (isLeaf(b)) return withLeaf(a);
  const becomesMember = isMember(b) && !isMember(a);
  const added: (readonly [string, FieldsV1])[] = becomesMember ? [['.', LEAF]] : [];
  for (const step of stepsOf(b)) {
    const [mine, theirs] = [childOf(a, step), childOf(b, step) ?? LEAF];
    const both = mine === undefined ? theirs : unite(mine, theirs, deeper(depth));
    if (both !== mine) added.push([step, both]);
  }
  if (added.length === 0) return a;
  const union: Record<string, FieldsV1> = { ...a };
  for (const [step, node] of added) put(union, step, node);
  return union;
}

/** The union with a leaf: what is listed makes it finer, mere presence does not. */
function withLeaf(node: FieldsV1): FieldsV1 {
  if (stepsOf(node).length === 0) return LEAF;
  return isMember(node) ? node : { ...node, '.': LEAF };
}

function intersect(a: FieldsV1, b: FieldsV1, depth: number): FieldsV1 | undefined {
  const below = deeper(depth);
  if (isLeaf(a) && isLeaf(b)) return LEAF;
  const children: (readonly [string, FieldsV1])[] = [];
  for (const step of stepsOf(a)) {
    const [mine, theirs] = [childOf(a, step), childOf(b, step)];
    const shared = mine === undefined || theirs === undefined ? undefined : intersect(mine, theirs, below);
    if (shared !== undefined) children.push([step, shared]);
  }
  return nodeOf(isMember(a) && isMember(b), children);
}

function subtract(a: FieldsV1, b: FieldsV1, depth: number): FieldsV1 | undefined {
  const below = deeper(depth);
  if (isLeaf(a)) return isMember(b) ? undefined : a;
  const children: (readonly [string, FieldsV1])[] = [];
  for (const step of stepsOf(a)) {
    const [mine, theirs] = [childOf(a, step) ?? LEAF, childOf(b, step)];
    const rest = theirs === undefined ? mine : subtract(mine, theirs, below);
    if (rest !== undefined) children.push([step, rest]);
  }
  return nodeOf(isMember(a) && !isMember(b), children);
}

function equal(a: FieldsV1, b: FieldsV1, depth: number): boolean {
  const below = deeper(depth);
  const [mine, theirs] = [stepsOf(a), stepsOf(b)];
  if (isMember(a) !== isMember(b) || mine.length !== theirs.length) return false;
  return mine.every((step) => {
    const other = childOf(b, step);
    return other !== undefined && equal(childOf(a, step) ?? LEAF, other, below);
  });
}

function wire(node: FieldsV1, depth: number): FieldsV1 {
  const below = deeper(depth);
  const steps = stepsOf(node);
  if (steps.length === 0) return LEAF;
  return (
    nodeOf(
      isMember(node),
      steps.map((step) => [step, wire(childOf(node, step) ?? LEAF, below)] as const),
    ) ?? LEAF
  );
}
