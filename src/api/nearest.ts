/**
 * The words that `wanted` was most likely meant to be, best first: those that begin with it, and those within a third of its
 * length in edits. Case does not count.
 */
export function nearest(wanted: string, known: readonly string[], limit = 3): readonly string[] {
  const query = wanted.toLowerCase();
  const tolerance = Math.max(1, Math.floor(query.length / 3));
  return [...new Set(known)]
    .map((word) => ({ word, distance: editDistance(query, word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= tolerance || (query.length >= 3 && word.toLowerCase().startsWith(query)))
    .sort((a, b) => a.distance - b.distance || a.word.localeCompare(b.word))
    .slice(0, limit)
    .map(({ word }) => word);
}

/** ` Did you mean A, B or C?`, or nothing where no word is near. */
export function suggestion(wanted: string, known: readonly string[]): string {
  const words = nearest(wanted, known);
  const last = words.at(-1);
  if (last === undefined) return '';
  const rest = words.slice(0, -1);
  return ` Did you mean ${rest.length === 0 ? last : `${rest.join(', ')} or ${last}`}?`;
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours each cost 1. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      current[j] = Math.min(at(previous, j) + 1, at(current, j - 1) + 1, substitution, swapped ? at(beforePrevious, j - 2) + 1 : Infinity);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
