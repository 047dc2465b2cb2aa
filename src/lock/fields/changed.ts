import type { FieldsV1, KubeObject } from '../../kube/object.ts';
import { deeper, FieldsError } from './depth.ts';
import { identityOf, indexItems, itemsAt, type ListIdentity } from './list.ts';
import { childOf, isLeaf, LEAF, nodeOf, stepsOf } from './node.ts';
import { writtenPart } from './server-kept.ts';
import { unionOf } from './set.ts';
import { shapesOf } from './shapes.ts';
import { parseStep } from './step.ts';
import { equalValues, isList, isMap, own, type JsonMap } from './value.ts';

type Children = readonly (readonly [string, FieldsV1])[];

/**
 * Every place whose value differs between two states of an object: added, removed or changed. Status, what the server keeps
 * in metadata, and the lock label are left out. Maps are followed to their leaves. A list is followed by merge keys or as a
 * set where `shapes` has such steps, else it is one leaf; a map that is a leaf in `shapes` is one leaf too. The order of an
 * associative list is no difference. Throws `FieldsError` at too deep a nesting.
 * @param shapes what is owned in the objects; by default what their managedFields say
 */
export function changedFields(before: KubeObject, after: KubeObject, shapes: FieldsV1 = shapesOf(before, after)): FieldsV1 {
  return nodeOf(false, changesInMap(shapes, writtenPart(before), writtenPart(after), 0)) ?? LEAF;
}

function changes(shape: FieldsV1 | undefined, before: unknown, after: unknown, depth: number): FieldsV1 | undefined {
  if (before === after) return undefined;
  const below = deeper(depth);
  if (before === undefined || after === undefined) return everythingIn(shape, before ?? after, below);
  if (shape !== undefined && isLeaf(shape)) return equalValues(before, after) ? undefined : LEAF;
  if (isList(before) || isList(after)) return changesWithLists(shape, before, after, below);
  if (isMap(before) && isMap(after)) return nodeOf(false, changesInMap(shape, before, after, below));
  // A map in the place of a scalar or the other way round: whatever was in it is gone or new, each with its owner.
  return unionOf(everythingIn(shape, before, below), everythingIn(shape, after, below));
}

function changesWithLists(shape: FieldsV1 | undefined, before: unknown, after: unknown, depth: number): FieldsV1 | undefined {
  if (equalValues(before, after)) return undefined;
  const identity = isList(before) && isList(after) ? associative(shape, before, after) : undefined;
  return identity === undefined ? LEAF : nodeOf(false, changesInList(shape, identity, before, after, depth));
}

function changesInMap(shape: FieldsV1 | undefined, before: JsonMap, after: JsonMap, depth: number): Children {
  const found: (readonly [string, FieldsV1])[] = [];
  const compare = (name: string): void => {
    const step = `f:${name}`;
    const change = changes(childOf(shape, step), own(before, name), own(after, name), depth);
    if (change !== undefined) found.push([step, change]);
  };
  Object.keys(before).forEach(compare);
  for (const name of Object.keys(after)) if (!Object.hasOwn(before, name)) compare(name);
  return found;
}

function changesInList(shape: FieldsV1 | undefined, identity: ListIdentity, before: unknown, after: unknown, depth: number): Children {
  const steps = stepsById(shape);
  const [earlier, later] = [indexItems(before, identity), indexItems(after, identity)];
  const found: (readonly [string, FieldsV1])[] = [];
  for (const id of new Set([...earlier.keys(), ...later.keys()])) {
    const step = steps.get(id) ?? id;
    const change = changesInItem(childOf(shape, step), itemsAt(before, earlier.get(id)), itemsAt(after, later.get(id)), depth);
    if (change !== undefined) found.push([step, change]);
  }
  return found;
}

/** Items with one id; where there are several, the server too treats them as one value. */
function changesInItem(
  shape: FieldsV1 | undefined,
  before: readonly unknown[],
  after: readonly unknown[],
  depth: number,
): FieldsV1 | undefined {
  if (before.length <= 1 && after.length <= 1) return changes(shape, before[0], after[0], depth);
  if (equalValues(before, after)) return undefined;
  const single = [before, after].filter((items) => items.length === 1).map((items) => everythingIn(shape, items[0], depth));
  return unionOf(LEAF, ...single);
}

/** A value with all that is in it, as members. */
function everythingIn(shape: FieldsV1 | undefined, value: unknown, depth: number): FieldsV1 {
  const below = deeper(depth);
  if (shape !== undefined && isLeaf(shape)) return LEAF;
  if (isMap(value)) {
    const children = Object.entries(value).filter(([, member]) => member !== undefined);
    return children.length === 0
      ? LEAF
      : (nodeOf(
          true,
          children.map(([name, member]) => [`f:${name}`, everythingIn(childOf(shape, `f:${name}`), member, below)] as const),
        ) ?? LEAF);
  }
  const identity = isList(value) && value.length > 0 ? associative(shape, value, []) : undefined;
  if (identity === undefined) return LEAF;
  const steps = stepsById(shape);
  const items = [...indexItems(value, identity)].map(([id, positions]) => {
    const step = steps.get(id) ?? id;
    return [step, positions.length > 1 ? LEAF : everythingIn(childOf(shape, step), itemsAt(value, positions)[0], below)] as const;
  });
  return nodeOf(true, items) ?? LEAF;
}

/** How items are told apart, if the shape knows and every item can be. */
function associative(shape: FieldsV1 | undefined, ...lists: readonly (readonly unknown[])[]): ListIdentity | undefined {
  const identity = shape === undefined ? undefined : knownIdentity(shape);
  if (identity === undefined || identity.by === 'value') return identity;
  return lists.every((list) => list.every((item) => identity.names.some((name) => own(item, name) !== undefined))) ? identity : undefined;
}

// Shapes are other people's managedFields: what cannot be read there says nothing, where a lock's own set must be right.
function knownIdentity(shape: FieldsV1): ListIdentity | undefined {
  try {
    return identityOf(shape);
  } catch (error) {
    if (error instanceof FieldsError) return undefined;
    throw error;
  }
}

/** The steps of a shape as the server wrote them, by the id that our own reading gives them. */
function stepsById(shape: FieldsV1 | undefined): ReadonlyMap<string, string> {
  const steps = new Map<string, string>();
  for (const text of shape === undefined ? [] : stepsOf(shape)) {
    const step = parseStep(text);
    if (step.kind === 'item' || step.kind === 'member') steps.set(step.id, text);
  }
  return steps;
}
