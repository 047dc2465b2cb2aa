import type { Writable } from 'node:stream';

/** stdout or stderr: perhaps a terminal. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** What a terminal that does not say its size is taken for. */
const COLUMNS = 80;
const ROWS = 24;

/** Whether lines can be rewritten there. */
export function isTerminal(stream: OutputStream, env: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** Columns that lines may take: those of the terminal. Without one there is no limit, since programs want whole values. */
export function widthOfStream(stream: OutputStream, env: NodeJS.ProcessEnv = process.env): number {
  if (stream.isTTY !== true) return Infinity;
  const said = Number(env['COLUMNS'] ?? '');
  const columns = stream.columns ?? 0;
  return columns > 0 ? columns : Number.isInteger(said) && said > 0 ? said : COLUMNS;
}

/** Lines of the terminal. */
export function rowsOf(stream: OutputStream): number {
  const rows = stream.rows ?? 0;
  return rows > 0 ? rows : ROWS;
}

/** NO_COLOR (no-color.org) wins over everything; FORCE_COLOR is for people who pipe into a pager. */
export function wantsColour(stream: Pick<OutputStream, 'isTTY'>, env: NodeJS.ProcessEnv = process.env): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return (env['FORCE_COLOR'] ?? '') !== '' || (stream.isTTY === true && env['TERM'] !== 'dumb');
}
