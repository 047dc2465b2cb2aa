import { spawn } from 'node:child_process';
import type { ControlPlane } from '../control-plane/start.ts';

/** What a kubectl left behind. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A kubectl under way. */
export interface Kubectl {
  readonly ended: Promise<Ran>;
  isOver(): boolean;
  /** What it has said so far. */
  stderr(): string;
}

/** Starts an unchanged kubectl as cluster-admin. */
export function kubectl(
  controlPlane: Pick<ControlPlane, 'kubectl' | 'kubeconfig'>,
  namespace: string,
  args: readonly string[],
  stdin = '',
  env: Readonly<Record<string, string>> = {},
): Kubectl {
  const all = ['--kubeconfig', controlPlane.kubeconfig, '-n', namespace, ...args];
  const child = spawn(controlPlane.kubectl, all, { env: { ...process.env, ...env } });
  let [stdout, stderr, over] = ['', '', false];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      over = true;
      resolve({ code, stdout, stderr });
    });
  });
  child.stdin.end(stdin);
  return { ended, isOver: () => over, stderr: () => stderr };
}

/** The requests that a kubectl with `-v=6` says it has sent, each with what was answered. */
export function requestsIn(stderr: string): readonly { readonly verb: string; readonly status: number }[] {
  const lines = stderr.matchAll(/"Response" verb="(?<verb>[A-Z]+)" url="[^"]*" status="(?<status>\d*)/g);
  return [...lines].map(({ groups }) => ({ verb: groups?.['verb'] ?? '', status: Number(groups?.['status'] ?? '') }));
}
