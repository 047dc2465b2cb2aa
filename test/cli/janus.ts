import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** Where the commands are. */
export const BIN_FOLDER = fileURLToPath(new URL('../../bin', import.meta.url));

/** What a run of the command left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  /** Replaces the environment, apart from PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Which command; janus by default. */
  readonly bin?: 'janus' | 'kubectl-janus';
}

/** Runs the built bin/janus as a person would, without a terminal. */
export async function runJanus(args: readonly string[], { bin = 'janus', cwd, env = {}, stdin = '' }: RunOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [join(BIN_FOLDER, bin), ...args], { cwd, env: { PATH: process.env['PATH'] ?? '', ...env } });
  // A command that refuses its flags ends before it has read anything.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
