import { DEFAULT_LIFETIMES, type Lifetimes } from '../admission/certificates.ts';
import { DEFAULT_TIMING, type Timing } from '../kube/lease/timing.ts';

/** How the operator process was asked to run. */
export interface OperatorOptions {
  /** Outside the cluster, against the current context: certificates are made here, and the webhooks point at this machine. */
  readonly dev: boolean;
  /** Path of a kubeconfig. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Name of the Service, in the system namespace, through which API servers reach the webhook. */
  readonly webhookService: string;
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
  readonly certificates: CertificateOptions;
  /** Whether whoever reads the metrics must show a token that allows it. */
  readonly metricsAuth: MetricsAuth;
  /** Milliseconds for which a replica that stops goes on answering, until all that send reviews have turned to others. */
  readonly drainDelayMs: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** How long what takes in the election of the replica that carries transactions out. */
  readonly election: Timing;
}

export const CERTIFICATE_MODES = ['cert-manager', 'self-signed'] as const;

/** Where the certificate of the webhook comes from. */
export type CertificateOptions =
  /** Files of a mounted Secret, which somebody else renews. */
  | { readonly mode: 'cert-manager'; readonly directory: string }
  /** Made here, by an authority that all replicas share. */
  | { readonly mode: 'self-signed'; readonly lifetimes: Lifetimes };

export const METRICS_AUTH = ['none', 'token'] as const;
export type MetricsAuth = (typeof METRICS_AUTH)[number];

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
  webhookService: 'janus-webhook',
  certificatesDirectory: '/etc/janus/certificates',
  certificates: { mode: 'self-signed', lifetimes: DEFAULT_LIFETIMES },
  metricsAuth: 'none',
  drainDelayMs: 5_000,
  logLevel: 'info',
  election: DEFAULT_TIMING,
} as const satisfies Partial<OperatorOptions> & { readonly certificatesDirectory: string };
