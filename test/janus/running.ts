import { createRestClient } from '../../src/kube/rest-client.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/config.ts';
import { createTransport, type RequestObservation, type Transport, type TransportOptions } from '../../src/kube/transport.ts';
import { createLog } from '../../src/operator/log.ts';
import { startOperator, type Running } from '../../src/operator/start.ts';
import { startControlPlane, type ControlPlane } from '../control-plane/start.ts';

/** An operator that can be ended as a crash would end it. */
export interface Operator {
  /** What it tells Prometheus. */
  metrics(): Promise<string>;
  /** As SIGTERM does. */
  stop(): Promise<string>;
  /** As kill -9 does: nothing that it has begun is finished or cleaned up; its webhooks fall silent. */
  crash(): Promise<void>;
}

/** What may be done around each request of an operator. */
export type Fault = NonNullable<TransportOptions['intercept']>;

/** A control plane with Janus on it, for one test file. */
export interface Cluster {
  readonly controlPlane: ControlPlane;
  /** cluster-admin: the strangest stranger there is. */
  readonly admin: KubeClient;
  readonly transport: Transport;
  /** Starts an operator; the one that runs must have ended before. */
  start(options?: { readonly fault?: Fault; readonly env?: Readonly<Record<string, string>> }): Promise<Operator>;
  /** What `admin` and strangers have sent, newest last. */
  readonly sent: readonly RequestObservation[];
  stop(): Promise<void>;
}

/** Boots a control plane; Janus is started by `start`. */
export async function bootCluster(): Promise<Cluster> {
  const controlPlane = await startControlPlane();
  const config = await loadClusterConfig({ kubeconfig: controlPlane.kubeconfig });
  const sent: RequestObservation[] = [];
  const transport = createTransport(config, { onRequest: (request) => void sent.push(request) });
  const operators = new Set<Operator>();
  return {
    controlPlane,
    admin: createRestClient(transport),
    transport,
    sent,
    async start({ fault, env = {} } = {}) {
      const operator = await startOne(controlPlane.kubeconfig, fault, env, () => operators.delete(operator));
      operators.add(operator);
      return operator;
    },
    async stop() {
      for (const operator of [...operators]) await operator.crash();
      await transport.close();
      await controlPlane.stop();
    },
  };
}

async function startOne(
  kubeconfig: string,
  fault: Fault | undefined,
  env: Readonly<Record<string, string>>,
  ended: () => void,
): Promise<Operator> {
  const log = await createLog((process.env['JANUS_TEST_LOG'] as 'debug' | undefined) ?? 'fatal', 'json');
  let dead = false;
  const faults = {
    // A dead process neither sends nor hears.
    intercept: ((request, send) =>
      dead ? new Promise(() => undefined) : fault === undefined ? send(request) : fault(request, send)) satisfies Fault,
  };
  const options = {
    dev: true,
    kubeconfig,
    webhookUrlHost: '127.0.0.1',
    webhookPort: 0,
    metricsPort: 0,
    healthPort: 0,
    systemNamespace: 'janus-system',
    logLevel: 'fatal',
    logFormat: 'json',
  } as const;
  const running: Running = await startOperator(options, { log, signal: new AbortController().signal, env, faults });
  return {
    async metrics() {
      const url = /metrics (http\S+\/metrics)/.exec(running.words)?.[1] ?? '';
      return (await fetch(url)).text();
    },
    async stop() {
      ended();
      return running.shutDown();
    },
    async crash() {
      ended();
      dead = true;
      await running.abandon();
    },
  };
}
