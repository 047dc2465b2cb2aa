import { DEFAULT_TIMING, type Timing } from '../kube/lease/timing.ts';

/** How the operator process was asked to run. */
export interface OperatorOptions {
  /** Outside the cluster, against the current context: certificates are made here, and the webhooks point at this machine. */
  readonly dev: boolean;
  /** Path of a kubeconfig. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Host under which the API server reaches the webhook, when it is not through the Service. */
  readonly webhookUrlHost?: string;
  /** Port under which the API server reaches the webhook, where something stands before it. */
  readonly webhookUrlPort?: number;
  /** Ports: 0 lets the system choose a free one. */
  readonly webhookPort: number;
  readonly metricsPort: number;
  readonly healthPort: number;
  /** Namespace of Janus itself and of its records. */
  readonly systemNamespace: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** How long what takes in the election of the replica that carries transactions out. */
  readonly election: Timing;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What holds where nothing else is asked for. */
export const OPERATOR_DEFAULTS = {
  webhookPort: 9443,
  metricsPort: 8080,
  healthPort: 8081,
  systemNamespace: 'janus-system',
  logLevel: 'info',
  election: DEFAULT_TIMING,
} as const satisfies Partial<OperatorOptions>;
