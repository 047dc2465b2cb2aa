import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';

/** A process that runs beside the benchmark until it is stopped. */
export interface Companion {
  readonly pid: number;
  /** Resolves with the first line that `matches`; throws when the process ends before it. */
  readonly ready: Promise<string>;
  /** False once the process has ended. */
  alive(): boolean;
  /** Ends it, gently for ten seconds, then at once. */
  stop(): Promise<void>;
}

/** What to start, and how to see that it is up. */
export interface CompanionOptions {
  readonly env: NodeJS.ProcessEnv;
  /** File that its output goes to. */
  readonly log: string;
  /** A line of its output, on either stream, by which it is ready. */
  readonly readyLine: (line: string) => boolean;
}

/** Starts a process and keeps its output in a file. */
export function accompany(command: string, parameters: readonly string[], options: CompanionOptions): Companion {
  const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    pid: child.pid ?? -1,
    ready: readiness(child, command, options),
    alive: () => child.exitCode === null && child.signalCode === null,
    stop: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    },
  };
}

function readiness(child: ChildProcess, command: string, options: CompanionOptions): Promise<string> {
  const log = createWriteStream(options.log);
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${command} did not start: ${error.message}`, { cause: error })));
    child.once('close', (code) =>
      reject(new Error(`${command} ended with code ${code} before it was ready; its output is in ${options.log}`)),
    );
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream?.on('data', (chunk: Buffer) => {
        log.write(chunk);
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        const line = lines.find((candidate) => options.readyLine(candidate));
        if (line !== undefined) resolve(line);
      });
    }
  });
}
