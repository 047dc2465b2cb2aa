import { stripVTControlCharacters } from 'node:util';
import { isTerminal, rowsOf, widthOfStream, type OutputStream } from './stream.ts';
import { widthOf } from './width.ts';

/** Lines that are written again and again on a terminal; without one, a line an event. */
export interface Live {
  /** Whether lines are rewritten here. */
  readonly onTerminal: boolean;
  /** What there is to see now, in place of what was shown before. Without a terminal it is not written. */
  show(lines: (width: number) => readonly string[]): void;
  /** One line for good: above what is shown on a terminal. */
  tell(line: string): void;
  /** Leaves what was shown last where it is, and gives the terminal back. To be called however it ends. */
  close(): void;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[J';

/** Live lines on a stream. */
export function liveOn(stream: OutputStream): Live {
  if (!isTerminal(stream))
    return { onTerminal: false, show: () => undefined, tell: (line) => void stream.write(`${line}\n`), close: () => undefined };
  let shown: readonly string[] = [];
  let draw: ((width: number) => readonly string[]) | undefined;
  const back = (): string => {
    const width = widthOfStream(stream);
    // A line that is longer than a terminal which was made narrower takes several rows there.
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / width)), 0);
    return rows === 0 ? '' : `\r\u001b[${rows}A${CLEAR_BELOW}`;
  };
  const redraw = (above = ''): void => {
    const lines = draw === undefined ? [] : fitting(draw(widthOfStream(stream)), rowsOf(stream) - 1);
    stream.write(`${HIDE_CURSOR}${back()}${above}${lines.map((line) => `${line}\n`).join('')}`);
    shown = lines;
  };
  const resized = (): void => redraw();
  const restore = (): void => void stream.write(SHOW_CURSOR);
  stream.on('resize', resized);
  process.once('exit', restore);
  return {
    onTerminal: true,
    show(lines) {
      draw = lines;
      redraw();
    },
    tell: (line) => redraw(`${line}\n`),
    close() {
      stream.off('resize', resized);
      process.off('exit', restore);
      restore();
    },
  };
}

/** What scrolls out of the window cannot be rewritten, so no more is drawn than fits. */
function fitting(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const left = lines.slice(0, Math.max(1, rows - 1));
  const hidden = lines.slice(left.length).filter((line) => stripVTControlCharacters(line).trim() !== '').length;
  return [...left, `… ${hidden} more; make the window higher to see them`];
}
