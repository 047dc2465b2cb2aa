import { cpus, loadavg, totalmem } from 'node:os';
import type { ApiServer } from './api-server.ts';

/** What figures depend on besides the contenders. */
export interface Surroundings {
  readonly date: string;
  readonly machine: string;
  /** Load of the machine when the benchmark began: near 0 on a quiet one. */
  readonly load: string;
  readonly node: string;
  readonly kubernetes: string;
  readonly etcd: string;
}

/** Looks at the machine and the control plane; `etcd` says in words whether etcd waits for the disk. */
export async function surroundingsOf(api: ApiServer, etcd: string): Promise<Surroundings> {
  const processors = cpus();
  const version = await api.get<{ gitVersion: string }>('/version');
  return {
    date: new Date().toISOString(),
    machine: `${processors.length} × ${processors[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    load: (loadavg()[0] ?? 0).toFixed(2),
    node: process.version,
    kubernetes: version.gitVersion,
    etcd,
  };
}
