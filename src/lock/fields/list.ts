import type { FieldsV1 } from '../../kube/object.ts';
import { stepsOf } from './node.ts';
import { itemStep, memberStep, parseStep } from './step.ts';
import { isList, own } from './value.ts';

/** What tells the items of a list apart: merge keys, or for a set the items themselves. */
export type ListIdentity = { readonly by: 'keys'; readonly names: readonly string[] } | { readonly by: 'value' };

/** Where the items with one id are in a list; more than one where the list has duplicates. */
export type ItemIndex = ReadonlyMap<string, readonly number[]>;

/**
 * How the steps below a node tell items apart; undefined where they are no steps into an associative list. The merge keys
 * are those of all steps together, since an item that lacks one is listed without it. Throws `FieldsError` on unknown steps.
 */
export function identityOf(node: FieldsV1): ListIdentity | undefined {
  const names = new Set<string>();
  let ofSet = false;
  for (const text of stepsOf(node)) {
    const step = parseStep(text);
    if (step.kind === 'item') for (const [name] of step.keys) names.add(name);
    ofSet ||= step.kind === 'member';
  }
  if (names.size > 0) return { by: 'keys', names: [...names].sort() };
  return ofSet ? { by: 'value' } : undefined;
}

/** The id of an item, equal to the id of the step that leads to it; undefined for an item without any of the merge keys. */
export function idOf(item: unknown, identity: ListIdentity): string | undefined {
  if (identity.by === 'value') return memberStep(item);
  const keys = keysOf(item, identity.names);
  return keys.length === 0 ? undefined : itemStep(keys);
}

/** The merge keys that an item has, with their values. */
export function keysOf(item: unknown, names: readonly string[]): readonly (readonly [string, unknown])[] {
  return names.map((name) => [name, own(item, name)] as const).filter(([, value]) => value !== undefined);
}

/** Where each item is. What is no list has no items. */
export function indexItems(list: unknown, identity: ListIdentity): ItemIndex {
  const index = new Map<string, number[]>();
  if (!isList(list)) return index;
  list.forEach((item, position) => {
    const id = idOf(item, identity);
    if (id === undefined) return;
    const same = index.get(id);
    if (same === undefined) index.set(id, [position]);
    else same.push(position);
  });
  return index;
}

/** The items with one id. */
export function itemsAt(list: unknown, positions: readonly number[] | undefined): readonly unknown[] {
  return isList(list) && positions !== undefined ? positions.map((position) => list[position]) : [];
}
