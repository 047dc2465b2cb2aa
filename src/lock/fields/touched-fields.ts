import type { FieldsV1, KubeObject } from '../../kube/object.ts';
import { deeper } from './depth.ts';
import { identityOf, indexItems, itemsAt, type ItemIndex } from './list.ts';
import { childOf, isLeaf, isMember, LEAF, nodeOf, stepsOf } from './node.ts';
import { meaningOf, withoutLock } from './server-kept.ts';
import { isEmptySet } from './set.ts';
import { parseStep, type Step } from './step.ts';
import { equalValues, isList, kindOf, own } from './value.ts';

/**
 * The members of a locked set that have another value, or another presence, in `after` than in `before`: what a write would do
 * to the lock. Items are compared by merge key, so their order says nothing; items with the same keys are one value. The lock
 * label is not looked at. Throws `FieldsError` at too deep a nesting or an unknown step: to the caller that is a refusal.
 */
export function touchedFields(locked: FieldsV1, before: KubeObject, after: KubeObject): FieldsV1 {
  return touchedBy(samePresence, locked, before, after);
}

/**
 * The same for a write by somebody else while the lock holds: that it makes, or takes away, a map or list in which locked
 * members have their places takes nothing from the lock, as long as none of them is in it.
 */
export function takenFields(locked: FieldsV1, before: KubeObject, after: KubeObject): FieldsV1 {
  return touchedBy((was, is, node) => samePresence(was, is) || isMade(was, is, node) || isMade(is, was, node), locked, before, after);
}

type SamePresence = (before: unknown, after: unknown, node: FieldsV1) => boolean;

function touchedBy(same: SamePresence, locked: FieldsV1, before: KubeObject, after: KubeObject): FieldsV1 {
  const fields = meaningOf(locked);
  return isEmptySet(fields) ? LEAF : (touched(same, fields, withoutLock(before), withoutLock(after), 0) ?? LEAF);
}

function touched(same: SamePresence, node: FieldsV1, before: unknown, after: unknown, depth: number): FieldsV1 | undefined {
  if (isLeaf(node)) return equalValues(before, after) ? undefined : LEAF;
  const below = deeper(depth);
  // To compare lists is far cheaper than to look for their items.
  if (isList(before) && equalValues(before, after)) return undefined;
  const lists = itemsOf(node, before, after);
  const children: (readonly [string, FieldsV1])[] = [];
  for (const step of stepsOf(node)) {
    const child = childOf(node, step) ?? LEAF;
    const change = touchedStep(same, parseStep(step), child, [before, after], lists, below);
    if (change !== undefined) children.push([step, change]);
  }
  return nodeOf(isMember(node) && !same(before, after, node), children);
}

function touchedStep(
  same: SamePresence,
  step: Step,
  child: FieldsV1,
  [before, after]: readonly [unknown, unknown],
  lists: readonly [ItemIndex, ItemIndex] | undefined,
  depth: number,
): FieldsV1 | undefined {
  if (step.kind === 'field') return touched(same, child, own(before, step.name), own(after, step.name), depth);
  if (step.kind === 'index')
    return touched(same, child, isList(before) ? before[step.index] : undefined, isList(after) ? after[step.index] : undefined, depth);
  const [earlier, later] = [itemsAt(before, lists?.[0].get(step.id)), itemsAt(after, lists?.[1].get(step.id))];
  if (earlier.length <= 1 && later.length <= 1) return touched(same, child, earlier[0], later[0], depth);
  return equalValues(earlier, later) ? undefined : child;
}

function itemsOf(node: FieldsV1, before: unknown, after: unknown): readonly [ItemIndex, ItemIndex] | undefined {
  const identity = isList(before) || isList(after) ? identityOf(node) : undefined;
  return identity === undefined ? undefined : [indexItems(before, identity), indexItems(after, identity)];
}

function samePresence(before: unknown, after: unknown): boolean {
  const kind = kindOf(before);
  return kind === kindOf(after) && (kind !== 'scalar' || equalValues(before, after));
}

// A node that lists nothing means the container itself, empty as it is.
function isMade(before: unknown, after: unknown, node: FieldsV1): boolean {
  const steps = stepsOf(node);
  if (before !== undefined || steps.length === 0) return false;
  return kindOf(after) === (steps.every((step) => parseStep(step).kind === 'field') ? 'map' : 'list');
}
