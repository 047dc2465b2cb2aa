import { startControlPlane } from '../test/control-plane/start.ts';
import type { Arguments } from './arguments.ts';

/** The control plane that everything runs on. */
export interface ControlPlane {
  readonly kubeconfig: string;
  readonly kubectl: string;
  /** In words: whether etcd waits for the disk. */
  readonly etcd: string;
  stop(): Promise<void>;
}

/** Starts a control plane for this run alone, or takes the one that was named. */
export async function controlPlane(wanted: Pick<Arguments, 'kubeconfig' | 'kubectl' | 'fsync'>): Promise<ControlPlane> {
  if (wanted.kubeconfig !== undefined) {
    return { kubeconfig: wanted.kubeconfig, kubectl: wanted.kubectl, etcd: 'as the given control plane has it', stop: async () => {} };
  }
  const plane = await startControlPlane({ fsync: wanted.fsync });
  const etcd = wanted.fsync ? 'waits for the disk at each write (fsync on)' : 'does not wait for the disk (fsync off)';
  return { kubeconfig: plane.kubeconfig, kubectl: plane.kubectl, etcd, stop: () => plane.stop() };
}
