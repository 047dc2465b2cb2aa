import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** What one run of kubectl gave. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl with these arguments; `input` goes to its standard input as JSON. */
export type Kubectl = (arguments_: readonly string[], input?: unknown) => Promise<Run>;

/** The kubectl of a control plane. */
export function kubectlOf({ kubectl, kubeconfig }: { readonly kubectl: string; readonly kubeconfig: string }): Kubectl {
  return (arguments_, input) =>
    new Promise((resolve) => {
      const child = execFile(kubectl, ['--kubeconfig', kubeconfig, ...arguments_], { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
      });
      child.stdin?.end(input === undefined ? '' : JSON.stringify(input));
    });
}

/** Waits until `attempt` gives something; tells what it was about when it never does. */
export async function eventually<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const found = await attempt();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not come about in two minutes`);
    await delay(100);
  }
}
