/** One line of a text that has changed. */
export interface LineChange {
  readonly sign: '+' | '-' | ' ';
  readonly line: string;
}

/** Cells of the table that is compared with: more takes too long, and all lines count as changed. */
const MAX_CELLS = 4_000_000;

/** Lines around a change that say where it is. */
const CONTEXT = 2;

/** What turns one text into the other, line by line, as few lines as possible; unchanged ones only near a change. */
export function lineChanges(before: string, after: string): readonly LineChange[] {
  const [from, to] = [before.split('\n'), after.split('\n')];
  let head = 0;
  while (head < from.length && head < to.length && from[head] === to[head]) head += 1;
  let tail = 0;
  while (tail < from.length - head && tail < to.length - head && from.at(-1 - tail) === to.at(-1 - tail)) tail += 1;
  const same = (lines: readonly string[]): readonly LineChange[] => lines.map((line) => ({ sign: ' ', line }));
  return nearChanges([
    ...same(from.slice(0, head)),
    ...middle(from.slice(head, from.length - tail), to.slice(head, to.length - tail)),
    ...same(from.slice(from.length - tail)),
  ]);
}

function middle(from: readonly string[], to: readonly string[]): readonly LineChange[] {
  if (from.length * to.length > MAX_CELLS) {
    return [...from.map((line) => ({ sign: '-', line }) as const), ...to.map((line) => ({ sign: '+', line }) as const)];
  }
  const common = commonLengths(from, to);
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [left, right] = [from[i], to[j]];
    if (left !== undefined && left === right) {
      changes.push({ sign: ' ', line: left });
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))) {
      changes.push({ sign: '-', line: left });
      i += 1;
    } else {
      changes.push({ sign: '+', line: right ?? '' });
      j += 1;
    }
  }
  return changes;
}

/** How many lines the rests of both texts have in common at most, from each pair of places on. */
function commonLengths(from: readonly string[], to: readonly string[]): readonly Uint32Array[] {
  const table = Array.from({ length: from.length + 1 }, () => new Uint32Array(to.length + 1));
  for (let i = from.length - 1; i >= 0; i -= 1) {
    for (let j = to.length - 1; j >= 0; j -= 1) {
      const [row, below] = [table[i], table[i + 1]];
      if (row === undefined || below === undefined) continue;
      row[j] = from[i] === to[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

function nearChanges(changes: readonly LineChange[]): readonly LineChange[] {
  return changes.filter((_, index) => changes.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ sign }) => sign !== ' '));
}
