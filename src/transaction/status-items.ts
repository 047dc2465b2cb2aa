import type { ItemStatus, Phase } from '../api/transaction.ts';

/** How many items a status shows at most. */
export const SHOWN_MAX = 500;

/** Characters that a status spends on its items at most: it is stored with each write and sent to everybody who watches. */
const SHOWN_CHARACTERS = 256 * 1024;

/** Characters of one item's error. */
const ERROR_MAX = 1_000;

/**
 * The items that a status shows: all of them where they fit. Of more, those that want attention come first: what failed, then
 * what is not done (or, of a rollback, not undone), then the rest, each in the order of the changes.
 */
export function shownItems(items: readonly ItemStatus[], phase: Phase): readonly ItemStatus[] {
  const short = items.map(shortened);
  if (short.length <= SHOWN_MAX && sizeOf(short) <= SHOWN_CHARACTERS) return short;
  const first = [...short.entries()].sort(([a, one], [b, other]) => rank(one, phase) - rank(other, phase) || a - b);
  const shown: [number, ItemStatus][] = [];
  let left = SHOWN_CHARACTERS;
  for (const entry of first.slice(0, SHOWN_MAX)) {
    left -= JSON.stringify(entry[1]).length + 1;
    if (left < 0) break;
    shown.push(entry);
  }
  return shown.sort(([a], [b]) => a - b).map(([, item]) => item);
}

// What is left to be undone comes before what failed without effect: readers conclude from it whether anything is left.
function rank({ error, committed, rolledBack }: ItemStatus, phase: Phase): number {
  const undoing = phase === 'RollingBack' || phase === 'RolledBack' || phase === 'Failed';
  const inEffect = committed && !rolledBack;
  if (error !== undefined) return undoing && !inEffect ? 2 : 0;
  return (undoing ? inEffect : !inEffect) ? 1 : 3;
}

function shortened(item: ItemStatus): ItemStatus {
  if (item.error === undefined || item.error.length <= ERROR_MAX) return item;
  return { ...item, error: `${item.error.slice(0, ERROR_MAX - 1)}…` };
}

function sizeOf(items: readonly ItemStatus[]): number {
  return items.reduce((sum, item) => sum + JSON.stringify(item).length + 1, 0);
}
