import { stripVTControlCharacters } from 'node:util';
import { onTerminal } from './pty.ts';

/** Somebody who reads what a command on a terminal says, and answers. */
export interface Reading {
  /** Waits until this is shown, after what was awaited before. */
  sees(pattern: RegExp): Promise<void>;
  type(keys: string): void;
  /** The exit code. */
  readonly ended: Promise<number | null>;
}

/** Runs the built bin/janus on a wide terminal. */
export function reading(args: readonly string[], env: Record<string, string>): Reading {
  const terminal = onTerminal(args, { columns: 200, rows: 50, env });
  let read = 0;
  const plain = (written: string): string => stripVTControlCharacters(written).replaceAll('\r', '');
  return {
    async sees(pattern) {
      await terminal
        .until(`the terminal shows ${String(pattern)}`, (written) => {
          const found = pattern.exec(plain(written).slice(read));
          if (found !== null) read += found.index + found[0].length;
          return found !== null;
        })
        .catch((error: unknown) => {
          throw new Error(`${(error as Error).message}; it showed:\n${plain(terminal.written())}`, { cause: error });
        });
    },
    type: terminal.press,
    ended: terminal.ended.then(({ code }) => code),
  };
}
