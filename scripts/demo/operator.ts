import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const JANUS = fileURLToPath(new URL('../../bin/janus', import.meta.url));

/** `janus operator --dev` as a process of its own. */
export interface OperatorProcess {
  /** The line it printed when it was ready. */
  readonly words: string;
  /** Resolves when it has ended, with its last line. */
  readonly ended: Promise<string>;
  /** Sends SIGTERM and waits. */
  stop(): Promise<string>;
}

/** Starts it and waits until it says that it is ready. @throws Error with what it said when it ends before */
export async function startOperatorProcess(kubeconfig: string, log: 'error' | 'info' = 'error'): Promise<OperatorProcess> {
  const args = [JANUS, 'operator', '--dev', '--log-level', log, '--log-format', 'pretty'];
  // A group of its own: Ctrl-C in the terminal reaches us, and we end it in order.
  const child = spawn(process.execPath, args, {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const lines: string[] = [];
  let rest = '';
  let onLine: () => void = () => undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    onLine();
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(lines.at(-1) ?? '')));
  const ready = new Promise<void>((resolve) => (onLine = resolve));
  await Promise.race([ready, ended]);
  const [words] = lines;
  if (words === undefined) throw new Error('janus operator ended before it was ready');
  return {
    words,
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
