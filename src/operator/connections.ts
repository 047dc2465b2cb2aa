import type { KubeClient } from '../kube/client.ts';
import { loadClusterConfig } from '../kube/config.ts';
import { createRestClient } from '../kube/rest-client.ts';
import type { ServerClock } from '../kube/server-clock.ts';
import { createTransport, type Transport } from '../kube/transport.ts';
import { measuredBy, ownAccountOf, type Interception, type Observe } from './identity.ts';
import type { Metrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';

/** One way to the API server. */
export interface Connection {
  readonly transport: Transport;
  readonly client: KubeClient;
}

/** The ways of this process to the API server: what is urgent never queues behind what is not. */
export interface Connections {
  /** Which cluster this is, in words. */
  readonly description: string;
  /** As who started this process: in --dev the kubeconfig's user, who installs things; in a cluster Janus itself. */
  readonly starter: KubeClient;
  /** As Janus, for the executor. */
  readonly executor: Connection;
  /** As Janus, for the election: a renewal that waits for a connection would end a leader's term. */
  readonly election: Connection;
  /** As Janus, for what the webhooks read: every write to a locked object waits for them, and must not wait for itself. */
  readonly webhooks: Connection;
  /** Waits for what is under way. */
  close(): Promise<void>;
  /** Breaks off what is under way. */
  destroy(): Promise<void>;
}

/** Opens nothing yet. Every answer tells `clock` the time. @throws ConfigError when it is not known where to connect to, and how */
export async function connect(
  options: OperatorOptions,
  metrics: Metrics,
  clock: Pick<ServerClock, 'heard'>,
  faults: Interception,
): Promise<Connections> {
  const config = await loadClusterConfig({
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.context === undefined ? {} : { context: options.context }),
  });
  const tellTime: Observe = ({ date, ms }) => {
    const answered = performance.now();
    clock.heard(date, answered - ms, answered);
  };
  const measure = measuredBy(metrics);
  const observe: Observe = (request) => {
    tellTime(request);
    measure(request);
  };
  const starting = createTransport(config, { onRequest: options.dev ? tellTime : observe });
  const starter = createRestClient(starting);
  const account = options.dev ? ownAccountOf(config, starter, options.systemNamespace) : config;
  const own = (interception: Interception): Connection => {
    const transport = createTransport(account, { ...interception, onRequest: observe });
    return { transport, client: createRestClient(transport) };
  };
  const executor = own(faults);
  const election = own(faults);
  const webhooks = own({});
  const all = [executor.transport, election.transport, webhooks.transport, starting];
  return {
    description: config.description,
    starter,
    executor,
    election,
    webhooks,
    close: async () => void (await Promise.all(all.map((transport) => transport.close()))),
    destroy: async () => void (await Promise.all(all.map((transport) => transport.destroy()))),
  };
}
