import { isIPv6 } from 'node:net';
import { lifetimesFault } from '../admission/certificates.ts';
import { timingFault, type Timing } from '../kube/lease/timing.ts';
import { CERTIFICATE_MODES, LOG_FORMATS, LOG_LEVELS, METRICS_AUTH, OPERATOR_DEFAULTS } from '../operator/options.ts';
import type { CertificateOptions, OperatorOptions } from '../operator/options.ts';
import { Fault } from './fault.ts';
import type { GlobalFlags } from './flags/global.ts';
import { requireNamespace } from './names.ts';
import { requireDuration, requireInteger, requireOneOf } from './values.ts';

/** The flags as typed. */
export interface OperatorFlags extends GlobalFlags {
  readonly dev?: boolean;
  readonly webhookUrlHost?: string;
  readonly webhookUrlPort?: string;
  readonly webhookPort?: string;
  readonly metricsPort?: string;
  readonly healthPort?: string;
  readonly systemNamespace?: string;
  readonly webhookService?: string;
  readonly certificatesMode?: string;
  readonly certificatesDir?: string;
  readonly certificateLifetime?: string;
  readonly certificateRenewBefore?: string;
  readonly metricsAuth?: string;
  readonly drainDelay?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
  readonly leaderElectLeaseDuration?: string;
  readonly leaderElectRenewDeadline?: string;
  readonly leaderElectRetryPeriod?: string;
}

/**
 * The flags as options, with defaults filled in.
 *
 * @param namespaceOfPod where this process is a pod: its namespace is Janus's own.
 * @throws Fault where a value is of the wrong form.
 */
export function operatorOptions(flags: OperatorFlags, onTerminal: boolean, namespaceOfPod?: string): OperatorOptions {
  const { context, dev = false, kubeconfig } = flags;
  return {
    dev,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    ...place(flags, dev ? undefined : namespaceOfPod),
    ...webhookHost(flags.webhookUrlHost ?? (dev ? '127.0.0.1' : undefined)),
    ...ports(flags, dev),
    certificates: certificates(flags),
    metricsAuth: requireOneOf('--metrics-auth', flags.metricsAuth ?? OPERATOR_DEFAULTS.metricsAuth, METRICS_AUTH),
    drainDelayMs: durationOr('--drain-delay', flags.drainDelay, dev ? DEV_DRAIN_DELAY_MS : OPERATOR_DEFAULTS.drainDelayMs),
    logLevel: requireOneOf('--log-level', flags.logLevel ?? OPERATOR_DEFAULTS.logLevel, LOG_LEVELS),
    logFormat: requireOneOf('--log-format', flags.logFormat ?? (onTerminal ? 'pretty' : 'json'), LOG_FORMATS),
    election: election(flags),
  };
}

function place(flags: OperatorFlags, namespaceOfPod: string | undefined): Pick<OperatorOptions, 'systemNamespace' | 'webhookService'> {
  const { systemNamespace = namespaceOfPod ?? OPERATOR_DEFAULTS.systemNamespace, webhookService = OPERATOR_DEFAULTS.webhookService } =
    flags;
  requireNamespace(systemNamespace, '--system-namespace');
  if (!SERVICE_NAME.test(webhookService))
    throw new Fault(`--webhook-service must be the name of a Service, and "${webhookService}" is not.`);
  return { systemNamespace, webhookService };
}

type Ports = Pick<OperatorOptions, 'webhookUrlPort' | 'webhookPort' | 'metricsPort' | 'healthPort'>;

/** Outside a cluster several may run on one machine: each takes what is free. */
function ports(flags: OperatorFlags, dev: boolean): Ports {
  const { webhookUrlPort } = flags;
  return {
    ...(webhookUrlPort === undefined ? {} : { webhookUrlPort: requireInteger('--webhook-url-port', webhookUrlPort, 1, 65_535) }),
    webhookPort: port('--webhook-port', flags.webhookPort, dev ? 0 : OPERATOR_DEFAULTS.webhookPort),
    metricsPort: port('--metrics-port', flags.metricsPort, dev ? 0 : OPERATOR_DEFAULTS.metricsPort),
    healthPort: port('--health-port', flags.healthPort, dev ? 0 : OPERATOR_DEFAULTS.healthPort),
  };
}

/** There is nobody but this machine to hear of it. */
const DEV_DRAIN_DELAY_MS = 3_000;

const SERVICE_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

function certificates(flags: OperatorFlags): CertificateOptions {
  const { certificatesDir, certificateLifetime, certificateRenewBefore } = flags;
  const mode = requireOneOf('--certificates-mode', flags.certificatesMode ?? OPERATOR_DEFAULTS.certificates.mode, CERTIFICATE_MODES);
  const only = (flag: string, value: string | undefined, other: string): void => {
    if (value !== undefined && mode !== other) throw new Fault(`${flag} goes with --certificates-mode ${other}, and that is ${mode}.`);
  };
  only('--certificates-dir', certificatesDir, 'cert-manager');
  only('--certificate-lifetime', certificateLifetime, 'self-signed');
  only('--certificate-renew-before', certificateRenewBefore, 'self-signed');
  if (mode === 'cert-manager') return { mode, directory: certificatesDir ?? OPERATOR_DEFAULTS.certificatesDirectory };
  const lifetimeMs = durationOr('--certificate-lifetime', certificateLifetime, OPERATOR_DEFAULTS.certificates.lifetimes.lifetimeMs);
  const lifetimes = { lifetimeMs, renewBeforeMs: durationOr('--certificate-renew-before', certificateRenewBefore, lifetimeMs / 3) };
  const fault = lifetimesFault(lifetimes);
  if (fault !== undefined) throw new Fault(`The times of the certificate do not fit together: ${fault}.`);
  return { mode, lifetimes };
}

function durationOr(flag: string, text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : requireDuration(flag, text);
}

const HOST_NAME = /^[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?$/;

function webhookHost(host: string | undefined): Pick<OperatorOptions, 'webhookUrlHost'> {
  if (host === undefined) return {};
  if (HOST_NAME.test(host) || isIPv6(host.replace(/^\[(.*)\]$/, '$1'))) return { webhookUrlHost: host };
  throw new Fault(`--webhook-url-host must be a host name or an IP address without a port, and "${host}" is not.`);
}

function election(flags: OperatorFlags): Timing {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = OPERATOR_DEFAULTS.election;
  const timing = {
    leaseDurationMs: durationOr('--leader-elect-lease-duration', flags.leaderElectLeaseDuration, leaseDurationMs),
    renewDeadlineMs: durationOr('--leader-elect-renew-deadline', flags.leaderElectRenewDeadline, renewDeadlineMs),
    retryPeriodMs: durationOr('--leader-elect-retry-period', flags.leaderElectRetryPeriod, retryPeriodMs),
  };
  const fault = timingFault(timing);
  if (fault !== undefined) throw new Fault(`The times of the leader election do not fit together: ${fault}.`);
  return timing;
}

/** 0 lets the system choose a port, which tests need. */
function port(flag: string, value: string | undefined, otherwise: number): number {
  return value === undefined ? otherwise : requireInteger(flag, value, 0, 65_535);
}
