import type { FieldsV1 } from '../../kube/object.ts';
import { deeper } from './depth.ts';
import { indexItems, itemsAt, type ItemIndex, type ListIdentity } from './list.ts';
import { inOrder, type PlacedItem } from './list-order.ts';
import { childOf, isLeaf, isMember, LEAF, nodeOf, stepsOf } from './node.ts';
import type { Place } from './place.ts';
import { projectedItem } from './projected.ts';
import { parseStep, type Step } from './step.ts';
import { equalValues, isMap } from './value.ts';

/** A list put back, and per item its position in the live list. `items` is the live list itself if nothing had to change. */
export interface RestoredList {
  readonly items: readonly unknown[];
  readonly origins: readonly (number | undefined)[];
}

/** What becomes of the live items that a field set names; those not in here stay as they are. */
interface Fate {
  /** By live position: what it becomes; undefined, it goes. */
  readonly becomes: Map<number, unknown>;
  readonly back: PlacedItem[];
}

/** Puts back what is at one place. */
export type Restore = (place: Place) => unknown;

interface Pair {
  readonly earlier: readonly number[];
  readonly now: readonly number[];
}

/**
 * An associative list with each item that the node lists as it was before: found by merge key in the live list, an item that was
 * removed back between its neighbours, one that was added gone, unless others own something in it. Order is as it was before.
 * @param restore puts back what is within an item
 */
export function restoredList(place: Place, live: readonly unknown[], identity: ListIdentity, restore: Restore): RestoredList {
  const { node, before } = place;
  const [earlier, now] = [indexItems(before, identity), indexItems(live, identity)];
  const fate: Fate = { becomes: new Map(), back: [] };
  for (const text of stepsOf(node)) {
    const step = parseStep(text);
    if (step.kind !== 'item' && step.kind !== 'member') continue;
    const child = { ...place, node: childOf(node, text) ?? LEAF, others: childOf(place.others, text), depth: deeper(place.depth) };
    decide(child, step, { earlier: earlier.get(step.id) ?? [], now: now.get(step.id) ?? [] }, fate, restore);
  }
  const ranks = ranksOf(earlier, now);
  const kept: PlacedItem[] = [];
  live.forEach((item, origin) => {
    const value = fate.becomes.has(origin) ? fate.becomes.get(origin) : item;
    const rank = ranks.get(origin);
    if (value !== undefined) kept.push({ value, origin, ...(rank === undefined ? {} : { rank }) });
  });
  const placed = inOrder(kept, fate.back);
  const same = placed.length === live.length && placed.every(({ value, origin }, index) => origin === index && value === live[index]);
  return { items: same ? live : placed.map(({ value }) => value), origins: placed.map(({ origin }) => origin) };
}

function decide(
  place: Place,
  step: Step & { readonly kind: 'item' | 'member' },
  { earlier, now }: Pair,
  fate: Fate,
  restore: Restore,
): void {
  const [was, is] = [itemsAt(place.before, earlier), itemsAt(place.live, now)];
  const keys = step.kind === 'item' ? step.keys : [];
  if (was.length > 1 || is.length > 1) {
    replaceAll(was, is, { earlier, now }, fate);
    return;
  }
  const [rank, position] = [earlier[0], now[0]];
  if (rank !== undefined && position !== undefined) {
    const value = restore({ ...place, before: was[0], live: is[0] });
    if (value !== is[0]) fate.becomes.set(position, value);
  } else if (position !== undefined) {
    const value = withdrawn({ ...place, before: undefined, live: is[0] }, keys, restore);
    if (value !== is[0]) fate.becomes.set(position, value);
  } else if (rank !== undefined) {
    const value = projectedItem(place.node, was[0], keys, place.depth);
    if (value !== undefined) fate.back.push({ value, rank });
  }
}

/** Items with the same keys are one value. */
function replaceAll(was: readonly unknown[], is: readonly unknown[], { earlier, now }: Pair, fate: Fate): void {
  if (equalValues(was, is)) return;
  for (const position of now) fate.becomes.set(position, undefined);
  was.forEach((value, index) => fate.back.push({ value, rank: earlier[index] ?? 0 }));
}

/** What is left of an item that was not there before. */
function withdrawn(place: Place, keys: readonly (readonly [string, unknown])[], restore: Restore): unknown {
  const { node, live, others } = place;
  const foreign = others !== undefined && keys.length > 0;
  if (isLeaf(node)) return foreign ? live : undefined;
  if (isMember(node) && !foreign) return undefined;
  const ours = withoutKeys(node, keys);
  const rest = ours === undefined ? live : restore({ ...place, node: ours });
  const bare = isMap(rest) && rest !== live && Object.keys(rest).length <= keys.length;
  return bare && !foreign ? undefined : rest;
}

/** The node without the item itself and its merge keys: those must stay as long as the item does. */
function withoutKeys(node: FieldsV1, keys: readonly (readonly [string, unknown])[]): FieldsV1 | undefined {
  const names = new Set(keys.map(([name]) => `f:${name}`));
  return nodeOf(
    false,
    stepsOf(node)
      .filter((step) => !names.has(step))
      .map((step) => [step, childOf(node, step) ?? LEAF] as const),
  );
}

/** By live position the position that the same item had before. */
function ranksOf(earlier: ItemIndex, now: ItemIndex): ReadonlyMap<number, number> {
  const ranks = new Map<number, number>();
  for (const [id, positions] of now) {
    const before = earlier.get(id) ?? [];
    positions.forEach((position, index) => {
      const rank = before[index];
      if (rank !== undefined) ranks.set(position, rank);
    });
  }
  return ranks;
}
