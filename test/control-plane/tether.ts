import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';

/** A process that ends when this one does, however this one ends. */
export interface Tethered {
  /** The id of the program itself. */
  readonly pid: number;
  /** Settles when the program has ended: its exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  /** False as soon as the program has ended. */
  readonly running: () => boolean;
  /** Kills the program and whatever it started, with SIGKILL, and waits for its end. */
  kill(): Promise<void>;
}

export interface TetherOptions {
  /** Where standard output and error go: a file descriptor, or a function that gets the text. Without it they are dropped. */
  readonly output?: number | ((text: string) => void);
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

// Descriptor 3 is our end of a pipe. A shell in the background reads it until our process is gone, then kills the process group
// with itself in it. The program takes the place of the other shell, so that its id is the one we know, and does not see the pipe.
const WITH_WATCHER = '(while read -r line; do :; done; kill -9 0) <&3 3<&- & exec "$@" 3<&-';

// The processes that write there are being killed in the same moment, hence the second try.
const REMOVE_AFTERWARDS = 'while read -r line; do :; done; rm -rf -- "$1" 2>&- || { sleep 1; rm -rf -- "$1"; }';

/**
 * Starts a program tethered to this process: it is killed with SIGKILL when this process ends, even by SIGKILL. It gets a
 * process group of its own, so that Ctrl-C in a terminal does not reach it, and an empty standard input. Any program, Linux or macOS.
 */
export async function startTethered(command: string, args: readonly string[], options: TetherOptions = {}): Promise<Tethered> {
  const { output = 'ignore', ...place } = options;
  const sink = typeof output === 'function' ? 'pipe' : output;
  const child = await start(['-c', WITH_WATCHER, 'tether', command, ...args], { ...place, stdio: ['ignore', sink, sink, 'pipe'] });
  if (typeof output === 'function') for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', output);
  const { pid } = child;
  let running = true;
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', () => {
      running = false;
      child.stdio[3]?.destroy();
    });
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  return {
    pid,
    ended,
    running: () => running,
    kill: async () => {
      if (!running) return;
      child.ref();
      killGroup(pid);
      await ended;
    },
  };
}

/**
 * Sees to it that a folder is removed when this process ends, even by SIGKILL. Returns a function that removes it now
 * and waits for that.
 */
export async function removeAfterwards(folder: string): Promise<() => Promise<void>> {
  const child = await start(['-c', REMOVE_AFTERWARDS, 'remove', folder], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(child, 'exit');
  return async () => {
    child.ref();
    child.stdin?.destroy();
    await ended;
  };
}

async function start(args: readonly string[], options: SpawnOptions): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn('/bin/sh', args, { ...options, detached: true });
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error('The system gave no process id for /bin/sh.');
  // A forgotten child must not keep this process from ending: its end is what ends the child.
  child.unref();
  for (const stream of child.stdio) if (stream && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
  return Object.assign(child, { pid });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
