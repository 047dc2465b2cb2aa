import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startControlPlane } from '../control-plane/start.ts';
import { runJanus } from './janus.ts';
import type { Ended, RunOptions } from './janus.ts';

const CRDS = fileURLToPath(new URL('../../webhook-config/crds', import.meta.url));
const execute = promisify(execFile);

/** A real API server that knows our resources, with nothing behind them: neither executor nor webhook. */
export interface TestCluster {
  readonly kubeconfig: string;
  /** stdout of kubectl; throws with its stderr where it fails. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** Applies manifests. */
  apply(manifest: string): Promise<void>;
  /** Runs janus against this cluster. */
  janus(args: readonly string[], options?: RunOptions): Promise<Ended>;
  stop(): Promise<void>;
}

export async function startTestCluster({ withResources = true } = {}): Promise<TestCluster> {
  const { kubeconfig, kubectl: command, stop } = await startControlPlane();
  const kubectl = async (...args: readonly string[]): Promise<string> =>
    (await execute(command, ['--kubeconfig', kubeconfig, ...args])).stdout;
  const cluster: TestCluster = {
    kubeconfig,
    kubectl,
    async apply(manifest) {
      const running = execute(command, ['--kubeconfig', kubeconfig, 'apply', '-f', '-']);
      running.child.stdin?.end(manifest);
      await running;
    },
    janus: (args, options = {}) => runJanus(args, { ...options, env: { KUBECONFIG: kubeconfig, ...options.env } }),
    stop,
  };
  if (withResources) {
    await kubectl('apply', '-f', CRDS);
    await kubectl('wait', '--for=condition=Established', '--timeout=60s', '-f', CRDS);
  }
  return cluster;
}
