/** One object, as far as its place in the order goes. */
export interface Orderable {
  /** `tx.janus.io/order`; absent where it does not say. */
  readonly order?: number;
  readonly stage: number;
  /** Indexes of what must be there before. */
  readonly needs: readonly number[];
}

/** What stands in the way of any order, as indexes. */
export type Disorder =
  /** Each needs the next, and the last the first. */
  | { readonly why: 'cycle'; readonly cycle: readonly number[] }
  /** `late` is to come after `early` by its order, and `early` needs it. */
  | { readonly why: 'contradiction'; readonly early: number; readonly late: number };

/** By order, then by stage, then by depth among what needs each other within those. */
type Place = readonly [order: number, stage: number, depth: number];

/**
 * An order for each: what it needs comes strictly before it; `order` goes before stages, and stages are only what is usual, so
 * a need goes before both. Orders are counted from 0 without gaps: what shares one is made in parallel.
 *
 * Deterministic, and independent of the order of the items.
 */
export function ordersOf(
  items: readonly Orderable[],
): { readonly orders: readonly number[] } | { readonly disorders: readonly Disorder[] } {
  const { cycles, needsFirst } = walk(items);
  if (cycles.length > 0) return { disorders: cycles.map((cycle) => ({ why: 'cycle', cycle })) };
  const places = placesOf(items, needsFirst);
  const disorders = contradictions(items, places);
  if (disorders.length > 0) return { disorders };
  const ranks = new Map(
    [...new Map(places.map((place) => [String(place), place])).values()].sort(compare).map((place, rank) => [String(place), rank]),
  );
  return { orders: places.map((place) => ranks.get(String(place)) ?? 0) };
}

function placesOf(items: readonly Orderable[], needsFirst: readonly number[]): readonly Place[] {
  const known = new Map<number, Place>();
  for (const index of needsFirst) {
    const { needs = [], order = 0, stage = 0 } = items[index] ?? {};
    const own: Place = [order, stage, 0];
    const after = needs.map((need): Place => {
      const [theirOrder, theirStage, depth] = known.get(need) ?? own;
      return [theirOrder, theirStage, depth + 1];
    });
    known.set(
      index,
      [own, ...after].reduce((latest, place) => (compare(place, latest) > 0 ? place : latest)),
    );
  }
  return items.map((_, index) => known.get(index) ?? [0, 0, 0]);
}

function compare(a: Place, b: Place): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

// What says when it is to be made, and needs something that comes later by then, would silently be moved.
function contradictions(items: readonly Orderable[], places: readonly Place[]): readonly Disorder[] {
  return items.flatMap(({ needs, order }, early) =>
    needs
      .filter((need) => order !== undefined && (places[need]?.[0] ?? 0) > order)
      .map((late): Disorder => ({ why: 'contradiction', early, late })),
  );
}

/** What a walk along all needs finds. */
interface Walk {
  /** Every index once, after all that it needs; of no use where there are cycles. */
  readonly needsFirst: readonly number[];
  /** Each from its lowest index on. */
  readonly cycles: readonly (readonly number[])[];
}

/** Depth first, with a stack of its own: chains may be longer than the engine's. */
function walk(items: readonly Orderable[]): Walk {
  const needsFirst: number[] = [];
  const cycles: (readonly number[])[] = [];
  const done = new Set<number>();
  for (const start of items.keys()) {
    const path: { readonly index: number; next: number }[] = [];
    const onPath = new Map<number, number>();
    const enter = (index: number): void => void onPath.set(index, path.push({ index, next: 0 }) - 1);
    if (!done.has(start)) enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = items[top.index]?.needs[top.next];
      top.next += 1;
      const from = need === undefined ? undefined : onPath.get(need);
      if (from !== undefined) cycles.push(fromLowest(path.slice(from).map(({ index }) => index)));
      else if (need !== undefined && !done.has(need)) enter(need);
      else if (need === undefined) {
        needsFirst.push(top.index);
        done.add(top.index);
        onPath.delete(top.index);
        path.pop();
      }
    }
  }
  return { needsFirst, cycles };
}

function fromLowest(cycle: readonly number[]): readonly number[] {
  const lowest = cycle.indexOf(Math.min(...cycle));
  return [...cycle.slice(lowest), ...cycle.slice(0, lowest)];
}
