import { isIPv6 } from 'node:net';
import { timingFault, type Timing } from '../kube/lease/timing.ts';
import { LOG_FORMATS, LOG_LEVELS, OPERATOR_DEFAULTS } from '../operator/options.ts';
import type { OperatorOptions } from '../operator/options.ts';
import type { GlobalFlags } from './flags/global.ts';
import { Fault } from './fault.ts';
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
  readonly logLevel?: string;
  readonly logFormat?: string;
  readonly leaderElectLeaseDuration?: string;
  readonly leaderElectRenewDeadline?: string;
  readonly leaderElectRetryPeriod?: string;
}

/** Runs the operator until it has been told to stop and has done so. */
export async function operator(flags: OperatorFlags): Promise<void> {
  const options = operatorOptions(flags, process.stdout.isTTY);
  process.setSourceMapsEnabled(true);
  const { runOperator } = await import('../operator/main.ts');
  await runOperator(options);
}

/**
 * The flags as options, with defaults filled in.
 *
 * @throws Fault where a value is of the wrong form.
 */
export function operatorOptions(flags: OperatorFlags, onTerminal: boolean): OperatorOptions {
  const { context, dev = false, kubeconfig, systemNamespace = OPERATOR_DEFAULTS.systemNamespace } = flags;
  requireNamespace(systemNamespace, '--system-namespace');
  return {
    dev,
    systemNamespace,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    ...webhookHost(flags.webhookUrlHost ?? (dev ? '127.0.0.1' : undefined)),
    ...(flags.webhookUrlPort === undefined
      ? {}
      : { webhookUrlPort: requireInteger('--webhook-url-port', flags.webhookUrlPort, 1, 65_535) }),
    // Outside a cluster several may run on one machine: each takes what is free.
    webhookPort: port('--webhook-port', flags.webhookPort, dev ? 0 : OPERATOR_DEFAULTS.webhookPort),
    metricsPort: port('--metrics-port', flags.metricsPort, dev ? 0 : OPERATOR_DEFAULTS.metricsPort),
    healthPort: port('--health-port', flags.healthPort, dev ? 0 : OPERATOR_DEFAULTS.healthPort),
    logLevel: requireOneOf('--log-level', flags.logLevel ?? OPERATOR_DEFAULTS.logLevel, LOG_LEVELS),
    logFormat: requireOneOf('--log-format', flags.logFormat ?? (onTerminal ? 'pretty' : 'json'), LOG_FORMATS),
    election: election(flags),
  };
}

const HOST_NAME = /^[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?$/;

function webhookHost(host: string | undefined): Pick<OperatorOptions, 'webhookUrlHost'> {
  if (host === undefined) return {};
  if (HOST_NAME.test(host) || isIPv6(host.replace(/^\[(.*)\]$/, '$1'))) return { webhookUrlHost: host };
  throw new Fault(`--webhook-url-host must be a host name or an IP address without a port, and "${host}" is not.`);
}

function election(flags: OperatorFlags): Timing {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = OPERATOR_DEFAULTS.election;
  const duration = (flag: string, text: string | undefined, otherwise: number): number =>
    text === undefined ? otherwise : requireDuration(flag, text);
  const timing = {
    leaseDurationMs: duration('--leader-elect-lease-duration', flags.leaderElectLeaseDuration, leaseDurationMs),
    renewDeadlineMs: duration('--leader-elect-renew-deadline', flags.leaderElectRenewDeadline, renewDeadlineMs),
    retryPeriodMs: duration('--leader-elect-retry-period', flags.leaderElectRetryPeriod, retryPeriodMs),
  };
  const fault = timingFault(timing);
  if (fault !== undefined) throw new Fault(`The times of the leader election do not fit together: ${fault}.`);
  return timing;
}

/** 0 lets the system choose a port, which tests need. */
function port(flag: string, value: string | undefined, otherwise: number): number {
  return value === undefined ? otherwise : requireInteger(flag, value, 0, 65_535);
}
