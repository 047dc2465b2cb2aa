/** An item of the list to be: from where in the live list it comes, and where in the earlier list it was. */
export interface PlacedItem {
  readonly value: unknown;
  /** Position in the live list; absent for an item that is put back. */
  readonly origin?: number;
  /** Position in the earlier list; absent for an item that somebody has added since. */
  readonly rank?: number;
}

/**
 * Puts items in order: those of the earlier list as they were, each item added since behind the one it follows in the live list.
 * @param kept items of the live list that stay, in live order
 * @param back items that are put back
 */
export function inOrder(kept: readonly PlacedItem[], back: readonly PlacedItem[]): readonly PlacedItem[] {
  if (back.length === 0 && ascending(kept)) return kept;
  const first: PlacedItem[] = [];
  const groups: { readonly rank: number; readonly items: PlacedItem[] }[] = [];
  let followed = first;
  for (const item of kept) {
    if (item.rank !== undefined) {
      followed = [];
      groups.push({ rank: item.rank, items: followed });
    }
    followed.push(item);
  }
  for (const item of back) groups.push({ rank: item.rank ?? Infinity, items: [item] });
  groups.sort((a, b) => a.rank - b.rank);
  return [...first, ...groups.flatMap((group) => group.items)];
}

/**
 * Which of these ascend and are most: the items that can stay where they are while the others are moved.
 * @returns indices into `values`, ascending
 */
export function longestAscending(values: readonly number[]): readonly number[] {
  const tails: number[] = [];
  const previous: (number | undefined)[] = [];
  const valueAt = (index: number | undefined): number => (index === undefined ? -Infinity : (values[index] ?? -Infinity));
  values.forEach((value, index) => {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (valueAt(tails[middle]) < value) low = middle + 1;
      else high = middle;
    }
    previous[index] = low === 0 ? undefined : tails[low - 1];
    tails[low] = index;
  });
  const run: number[] = [];
  for (let index = tails.at(-1); index !== undefined; index = previous[index]) run.push(index);
  return run.reverse();
}

function ascending(items: readonly PlacedItem[]): boolean {
  let last = -1;
  for (const { rank } of items) {
    if (rank === undefined) continue;
    if (rank < last) return false;
    last = rank;
  }
  return true;
}
