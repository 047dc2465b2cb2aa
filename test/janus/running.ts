import { createRestClient } from '../../src/kube/rest-client.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/config.ts';
import { createTransport, type RequestObservation, type Transport, type TransportOptions } from '../../src/kube/transport.ts';
import type { Timing } from '../../src/kube/lease/timing.ts';
import { createLog } from '../../src/operator/log.ts';
import { OPERATOR_DEFAULTS, type OperatorOptions } from '../../src/operator/options.ts';
import { startOperator, type Running } from '../../src/operator/start.ts';
import { takeLeasesOf } from './leases.ts';
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from '../control-plane/start.ts';

/** An operator that can be ended as a crash would end it. */
export interface Operator {
  /** What it tells Prometheus. */
  metrics(): Promise<string>;
  /** What its `/readyz` answers. */
  ready(): Promise<{ readonly status: number; readonly text: string }>;
  /** As SIGTERM does. */
  stop(): Promise<string>;
  /**
   * As kill -9 does: nothing that it has begun is finished or cleaned up; its webhooks fall silent. Its Leases are taken away,
   * as if their time had run out already, unless they are to be `left`.
   */
  crash(leases?: 'left'): Promise<void>;
  /** Its name among replicas. */
  readonly identity: string;
  /** Where it answers; not where the API server reaches it, if something stands between. */
  readonly ports: { readonly webhook: number; readonly health: number };
  /** Whether it carries transactions out. */
  leading(): boolean;
  /** What it said when it was ready. */
  readonly words: string;
}

export interface StartOptions {
  /** Around each request of the executor. */
  readonly fault?: Fault;
  /** Around each request about Leases. */
  readonly leaseFault?: Fault;
  /** Around each watch. */
  readonly streamFault?: StreamFault;
  readonly env?: Readonly<Record<string, string>>;
  readonly election?: Timing;
  /** Milliseconds by which its machine's clock is wrong. */
  readonly clockOffMs?: number;
  /** Milliseconds for which it goes on answering when it stops. */
  readonly drainDelayMs?: number;
  /** Other options of the operator, as an installation in a cluster has them. */
  readonly options?: Partial<OperatorOptions>;
  /** Where the API server reaches the webhooks of all replicas. */
  readonly webhookUrlPort?: number;
  /** Where this replica answers. Free ones by default. */
  readonly ports?: Operator['ports'];
}

/** What may be done around each request of an operator. */
export type Fault = NonNullable<TransportOptions['intercept']>;

/** What may be done around each watch of an operator. */
export type StreamFault = NonNullable<TransportOptions['interceptStream']>;

/** A control plane with Janus on it, for one test file. */
export interface Cluster {
  readonly controlPlane: ControlPlane;
  /** cluster-admin: the strangest stranger there is. */
  readonly admin: KubeClient;
  readonly transport: Transport;
  /** Starts an operator; where one runs already, the new one stands by. */
  start(options?: StartOptions): Promise<Operator>;
  /** What `admin` and strangers have sent, newest last. */
  readonly sent: readonly RequestObservation[];
  stop(): Promise<void>;
}

/** Boots a control plane, with what is given besides; Janus is started by `start`. */
export async function bootCluster(options: ControlPlaneOptions = {}): Promise<Cluster> {
  const controlPlane = await startControlPlane(options);
  const config = await loadClusterConfig({ kubeconfig: controlPlane.kubeconfig });
  const sent: RequestObservation[] = [];
  const transport = createTransport(config, { onRequest: (request) => void sent.push(request) });
  const operators = new Set<Operator>();
  return {
    controlPlane,
    admin: createRestClient(transport),
    transport,
    sent,
    async start(options = {}) {
      const operator = await startOne(controlPlane.kubeconfig, createRestClient(transport), options, () => operators.delete(operator));
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
  admin: KubeClient,
  {
    fault,
    leaseFault,
    streamFault,
    env = {},
    election = OPERATOR_DEFAULTS.election,
    clockOffMs = 0,
    drainDelayMs = 3_000,
    webhookUrlPort,
    ports,
    options: others = {},
  }: StartOptions,
  ended: () => void,
): Promise<Operator> {
  const log = await createLog((process.env['JANUS_TEST_LOG'] as 'debug' | undefined) ?? 'fatal', 'json');
  let dead = false;
  const faults = {
    // A dead process neither sends nor hears.
    intercept: ((request, send) => {
      if (dead) return new Promise(() => undefined);
      const wanted = request.label.resource === 'leases.coordination.k8s.io' ? leaseFault : fault;
      return wanted === undefined ? send(request) : wanted(request, send);
    }) satisfies Fault,
    ...(streamFault === undefined ? {} : { interceptStream: streamFault }),
  };
  const options = {
    dev: true,
    kubeconfig,
    webhookUrlHost: '127.0.0.1',
    webhookPort: ports?.webhook ?? 0,
    metricsPort: 0,
    healthPort: ports?.health ?? 0,
    systemNamespace: 'janus-system',
    webhookService: OPERATOR_DEFAULTS.webhookService,
    certificates: OPERATOR_DEFAULTS.certificates,
    metricsAuth: 'none',
    drainDelayMs,
    logLevel: 'fatal',
    logFormat: 'json',
    election,
    ...(webhookUrlPort === undefined ? {} : { webhookUrlPort }),
    ...others,
  } as const satisfies OperatorOptions;
  const running: Running = await startOperator(options, {
    log,
    signal: new AbortController().signal,
    env,
    faults,
    wall: () => Date.now() + clockOffMs,
  });
  return {
    async metrics() {
      const url = /metrics (http\S+\/metrics)/.exec(running.words)?.[1] ?? '';
      return (await fetch(url)).text();
    },
    async ready() {
      const answer = await fetch(/health (http\S+\/readyz)/.exec(running.words)?.[1] ?? '');
      return { status: answer.status, text: await answer.text() };
    },
    async stop() {
      ended();
      return running.shutDown();
    },
    async crash(leases) {
      ended();
      dead = true;
      await running.abandon();
      if (leases !== 'left') await takeLeasesOf(running.identity, admin);
    },
    identity: running.identity,
    ports: { webhook: running.webhookPort, health: Number(/health http:\/\/[^/]+:(\d+)\//.exec(running.words)?.[1]) },
    leading: () => running.leading(),
    words: running.words,
  };
}
