import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '../../janus/objects.ts';
import { BIN_FOLDER } from '../janus.ts';

/** A command that runs on a terminal of its own. */
export interface OnTerminal {
  /** All that was written so far. */
  written(): string;
  /** Waits until what was written is such. */
  until(what: string, holds: (written: string) => boolean): Promise<void>;
  /** As a person presses keys. */
  press(keys: string): void;
  readonly ended: Promise<{ readonly code: number | null; readonly written: string }>;
}

export const CTRL_C = '\u0003';

/**
 * Runs bin/janus on a pseudo-terminal of that size: by `script` of util-linux, which is on every Debian (bsdutils is essential) and so
 * needs no installing, as tmux would.
 */
export function onTerminal(
  args: readonly string[],
  { columns, rows = 24, env = {} }: { columns: number; rows?: number; env?: Record<string, string> },
): OnTerminal {
  const command = [process.execPath, join(BIN_FOLDER, 'janus'), ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows ${rows} -echo; exec ${command}`, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
  });
  let written = '';
  child.stdout.on('data', (chunk: Buffer) => (written += chunk.toString()));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<{ code: number | null; written: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, written: plain(written) }));
  });
  return {
    written: () => plain(written),
    until: (what, holds) => eventually(what, () => Promise.resolve(holds(plain(written)))),
    press: (keys) => void child.stdin.write(keys),
    ended,
  };
}

// The line discipline of a terminal makes CR LF of each LF.
function plain(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
