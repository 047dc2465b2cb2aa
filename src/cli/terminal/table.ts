import { printable } from './printable.ts';
import { cut, widthOf, wrap } from './width.ts';

/** One column of a table. */
export interface Column<Row> {
  readonly heading: string;
  /** '' is shown as `-`. */
  readonly cell: (row: Row) => string;
  /** May be cut on a narrow terminal: what nobody copies. */
  readonly cuttable?: true;
  /** With `-o wide` only. */
  readonly wide?: true;
  /** Colours of a cell, put on after it has its width. */
  readonly paint?: (text: string, row: Row) => string;
}

export interface TableOptions {
  /** Columns of the terminal; Infinity where there is none, so that programs get whole values. */
  readonly width: number;
  readonly wide?: boolean;
}

const GAP = 3;
/** A cell is cut no shorter than this. */
const LEAST = 8;

/**
 * Columns that line up, as kubectl prints them. Where the terminal is too narrow, the longest of what may be cut is cut; where that is
 * not enough, each row becomes a block of lines, and nothing is cut.
 */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], { width, wide = false }: TableOptions): string {
  const shown = columns.filter((column) => wide || column.wide === undefined);
  const cells = rows.map((row) => shown.map(({ cell }) => shownAs(cell(row))));
  const natural = shown.map(({ heading }, at) => Math.max(widthOf(heading), ...cells.map((row) => widthOf(row[at] ?? ''))));
  const widths = fit(shown, natural, width);
  if (widths === undefined) return blocks(shown, rows, cells, width);
  const headings = line(
    shown.map(({ heading }) => heading),
    widths,
  );
  const lines = rows.map((row, index) => line(cells[index] ?? [], widths, (text, at) => shown[at]?.paint?.(text, row) ?? text));
  return [headings, ...lines].join('\n');
}

function shownAs(cell: string): string {
  return cell === '' ? '-' : printable(cell);
}

/** Widths that fit, or undefined where none do. */
function fit<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number): readonly number[] | undefined {
  const widths = [...natural];
  const least = columns.map(({ cuttable, heading }, at) =>
    cuttable === true ? Math.min(natural[at] ?? 0, Math.max(LEAST, heading.length)) : (natural[at] ?? 0),
  );
  let over = widths.reduce((sum, one) => sum + one + GAP, -GAP) - width;
  while (over > 0) {
    const spare = widths.map((one, at) => one - (least[at] ?? one));
    const longest = widths.reduce((best, one, at) => ((spare[at] ?? 0) > 0 && one > (widths[best] ?? 0) ? at : best), firstWith(spare));
    if ((spare[longest] ?? 0) === 0) return undefined;
    widths[longest] = (widths[longest] ?? 0) - 1;
    over -= 1;
  }
  return widths;
}

function firstWith(spare: readonly number[]): number {
  return Math.max(
    0,
    spare.findIndex((one) => one > 0),
  );
}

function line(cells: readonly string[], widths: readonly number[], paint: (text: string, at: number) => string = (text) => text): string {
  const last = cells.length - 1;
  return cells
    .map((cell, at) => {
      const text = cut(cell, widths[at] ?? 0);
      const padding = at === last ? '' : ' '.repeat((widths[at] ?? 0) - widthOf(text) + GAP);
      return paint(text, at) + padding;
    })
    .join('');
}

/** `HEADING  value` a line, a blank line between rows. */
function blocks<Row>(columns: readonly Column<Row>[], rows: readonly Row[], cells: readonly (readonly string[])[], width: number): string {
  const margin = Math.max(...columns.map(({ heading }) => heading.length)) + 2;
  return rows
    .map((row, index) =>
      columns
        .flatMap(({ heading, paint = (text) => text }, at) =>
          wrap(cells[index]?.[at] ?? '', Math.max(LEAST, width - margin)).map(
            (part, number) => (number === 0 ? heading : '').padEnd(margin) + paint(part, row),
          ),
        )
        .join('\n'),
    )
    .join('\n\n');
}
