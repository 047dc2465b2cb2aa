import { open, readFile } from 'node:fs/promises';
import { startTethered, type Tethered } from './tether.ts';

/** A component of the control plane, which can be started again after it ended. */
export interface Component {
  readonly name: string;
  /** What it printed in all its lives. */
  readonly logFile: string;
  /** Undefined while it does not run. */
  pid(): number | undefined;
  start(): Promise<void>;
  /** Ends it with SIGKILL. */
  stop(): Promise<void>;
  /** The last lines it printed, for an error message. */
  lastWords(): Promise<string>;
}

export interface ComponentDescription {
  readonly name: string;
  readonly path: string;
  readonly flags: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Called when it ends without having been stopped. */
  readonly ended: () => void;
}

/** Describes a component without starting it. */
export function component({ name, path, flags, env, logFile, ended }: ComponentDescription): Component {
  let current: Tethered | undefined;
  return {
    name,
    logFile,
    pid: () => (current?.running() ? current.pid : undefined),
    start: async () => {
      if (current?.running()) return;
      const log = await open(logFile, 'a', 0o600);
      const started = await startTethered(path, flags, { output: log.fd, env: { ...inherited(), ...env } }).finally(() => log.close());
      current = started;
      void started.ended.then(() => {
        if (current === started) ended();
      });
    },
    stop: async () => {
      const stopped = current;
      current = undefined;
      await stopped?.kill();
    },
    lastWords: async () => {
      const text = await readFile(logFile, 'utf8').catch(() => '');
      return text.trimEnd().split('\n').slice(-12).join('\n');
    },
  };
}

// etcd takes settings from ETCD_… variables, Go's runtime and clients from others; what a machine has set must not reach them.
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
