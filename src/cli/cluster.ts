import type { KubeClient } from '../kube/client.ts';
import { loadClusterConfig } from '../kube/config.ts';
import { createDiscovery } from '../kube/discovery.ts';
import type { ResourceKind } from '../kube/object.ts';
import { createRestClient } from '../kube/rest-client.ts';
import { createTransport, type RequestObservation, type Transport } from '../kube/transport.ts';
import type { GlobalFlags } from './flags/global.ts';
import { requireNamespace } from './names.ts';
import { detail } from './output.ts';

/** The cluster that the flags point at. */
export interface Cluster {
  readonly client: KubeClient;
  /** For watches. */
  readonly transport: Transport;
  /** `-n`, else the context's. */
  readonly namespace: string;
  /** Every kind the cluster serves, in the server's order, preferred versions first. */
  kinds(): Promise<readonly ResourceKind[]>;
}

/** A command sends few requests at once; a TLS handshake costs more than waiting for a connection to be free. */
const MAX_CONNECTIONS = 4;

/**
 * Runs `use` with the cluster that the flags point at, and closes its connections.
 *
 * @throws ConfigError where no cluster is configured, Fault where -n is no name of a namespace.
 */
export async function withCluster<R>(flags: GlobalFlags, use: (cluster: Cluster) => Promise<R>): Promise<R> {
  if (flags.namespace !== undefined) requireNamespace(flags.namespace, '-n');
  const config = await loadClusterConfig(flags);
  const transport = createTransport(config, { userAgent: 'janus-cli', maxConnections: MAX_CONNECTIONS, onRequest: tell });
  try {
    const kinds = async (): Promise<readonly ResourceKind[]> => (await createDiscovery(transport).catalog()).kinds;
    return await use({ client: createRestClient(transport), transport, namespace: config.namespace, kinds });
  } finally {
    await transport.close();
  }
}

/** `PATCH transactions.tx.janus.io shop/move-db: 200, 12 ms` */
function tell({ code, dryRun, method, ms, name, namespace, resource, verb }: RequestObservation): void {
  const object = [namespace, name].filter((part) => part !== undefined).join('/');
  const what = [method, resource === '' ? verb : resource, object, dryRun ? '(dry run)' : ''].filter((part) => part !== '').join(' ');
  detail(`${what}: ${code === 0 ? 'no answer' : String(code)}, ${Math.round(ms)} ms`);
}
