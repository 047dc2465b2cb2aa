import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/control-plane/ports.ts';
import type { Balancer } from '../../test/janus/balancer.ts';

const JANUS = fileURLToPath(new URL('../../bin/janus', import.meta.url));

/** `janus operator --dev` as a process of its own, behind a balancer. */
export interface ReplicaProcess {
  leads(): Promise<boolean>;
  /** Sends a signal, and resolves when the process has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts one, and waits until it says that it is ready. */
export async function startReplicaProcess(kubeconfig: string, balancer: Balancer): Promise<ReplicaProcess> {
  const ports = { webhook: await freePort(), health: await freePort(), metrics: await freePort() };
  balancer.add(ports);
  const flags = [
    ['--webhook-port', ports.webhook],
    ['--health-port', ports.health],
    ['--metrics-port', ports.metrics],
    ['--webhook-url-port', balancer.port],
    ['--log-level', 'error'],
  ];
  const child = spawn(process.execPath, [JANUS, 'operator', '--dev', ...flags.flat().map(String)], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close');
  const ready = new Promise<boolean>((resolve) => child.stdout.once('data', () => resolve(true)));
  if (!(await Promise.race([ready, ended.then(() => false)]))) throw new Error('janus operator ended before it was ready');
  child.stdout.resume();
  return {
    async leads() {
      const text = await (await fetch(`http://127.0.0.1:${String(ports.metrics)}/metrics`)).text();
      return /^janus_leader 1$/m.test(text);
    },
    async end(signal) {
      child.kill(signal);
      await ended;
      process.off('exit', kill);
    },
  };
}
