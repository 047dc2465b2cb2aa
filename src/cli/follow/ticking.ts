import type { Live } from '../terminal/live.ts';

/** Seconds pass on the screen also while nothing happens. */
const TICK_MS = 1_000;

/** Shows lines now and each second, until what is returned is called: that shows them once more, and gives the terminal back. */
export function ticking(live: Live, lines: (width: number) => readonly string[]): () => void {
  const show = (): void => live.show(lines);
  show();
  const timer = live.onTerminal ? setInterval(show, TICK_MS) : undefined;
  return () => {
    clearInterval(timer);
    show();
    live.close();
  };
}
