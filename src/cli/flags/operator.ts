import type { Command } from 'commander';
import { formatDuration } from '../../api/duration.ts';
import { CERTIFICATE_MODES, LOG_FORMATS, LOG_LEVELS, METRICS_AUTH, OPERATOR_DEFAULTS } from '../../operator/options.ts';
import type { OperatorFlags } from '../operator-options.ts';
import type { OperatorRemoveFlags } from '../operator-remove.ts';

/** `janus operator`, and what is run beside it in a cluster */
export function defineOperator(program: Command): void {
  const { certificates, certificatesDirectory, drainDelayMs, election, healthPort, logLevel } = OPERATOR_DEFAULTS;
  const { metricsAuth, metricsPort, systemNamespace, webhookPort, webhookService } = OPERATOR_DEFAULTS;
  const { lifetimeMs } = certificates.lifetimes;
  const operator = program
    .command('operator')
    .summary('run the executor and the admission webhook')
    .description(
      'Runs the executor and the admission webhook until it is told to stop. In a cluster, a Deployment starts it, as ServiceAccount janus: it installs no CustomResourceDefinitions and no roles there, and says what is missing.\n\n  janus operator --dev',
    )
    .option('--dev', 'run on this machine against the current context, with certificates made on the spot')
    .option('--system-namespace <NS>', `namespace of Janus itself (default: that of the pod, or else ${systemNamespace})`)
    .option(
      '--webhook-service <NAME>',
      `Service in that namespace through which API servers reach this webhook, at port 443 (default: ${webhookService})`,
    )
    .option('--webhook-url-host <HOST>', 'host under which API servers reach this webhook, in place of the Service (with --dev: 127.0.0.1)')
    .option('--webhook-url-port <PORT>', 'port under which API servers reach that host, where something stands before it')
    .option('--webhook-port <PORT>', `port of the webhook (default: ${webhookPort}; with --dev a free one)`)
    .option('--metrics-port <PORT>', `port of the metrics (default: ${metricsPort}; with --dev a free one)`)
    .option('--health-port <PORT>', `port of the health checks (default: ${healthPort}; with --dev a free one)`)
    .option(
      '--certificates-mode <MODE>',
      `where the certificate of the webhook comes from: ${CERTIFICATE_MODES[0]}, from files that are renewed, or ${CERTIFICATE_MODES[1]}, by an authority of all replicas (default: ${certificates.mode})`,
    )
    .option(
      '--certificates-dir <DIR>',
      `directory of tls.crt, tls.key and ca.crt, with ${CERTIFICATE_MODES[0]} (default: ${certificatesDirectory})`,
    )
    .option(
      '--certificate-lifetime <DURATION>',
      `how long a certificate is good, with ${CERTIFICATE_MODES[1]}; its authority three times as long (default: ${formatDuration(lifetimeMs)})`,
    )
    .option(
      '--certificate-renew-before <DURATION>',
      `how long before its end another one takes its place, with ${CERTIFICATE_MODES[1]} (default: a third of its life)`,
    )
    .option(
      '--metrics-auth <HOW>',
      `${METRICS_AUTH[0]}: plain HTTP for everybody; ${METRICS_AUTH[1]}: HTTPS, for whoever may get /metrics (default: ${metricsAuth})`,
    )
    .option(
      '--drain-delay <DURATION>',
      `how long it goes on answering after it was told to stop (default: ${formatDuration(drainDelayMs)}; with --dev 3s)`,
    )
    .option(
      '--leader-elect-lease-duration <DURATION>',
      `how long a leader that is no longer heard of is waited for (default: ${formatDuration(election.leaseDurationMs)})`,
    )
    .option(
      '--leader-elect-renew-deadline <DURATION>',
      `how long a leader goes on that cannot renew its Lease (default: ${formatDuration(election.renewDeadlineMs)})`,
    )
    .option('--leader-elect-retry-period <DURATION>', `how often the Lease is renewed (default: ${formatDuration(election.retryPeriodMs)})`)
    .option('--log-level <LEVEL>', `${LOG_LEVELS.join(', ')} (default: ${logLevel})`)
    .option('--log-format <FORMAT>', `${LOG_FORMATS.join(' or ')} (default: pretty on a terminal, else json)`)
    .action(async (_own: unknown, command: Command) => {
      const { operator } = await import('../operator.ts');
      await operator(command.optsWithGlobals<OperatorFlags>());
    });
  operator
    .command('check')
    .summary('say what an installation lacks')
    .description(
      'Says what Janus would lack if it were started here, as whoever runs this: the right ServiceAccount, CustomResourceDefinitions, rights. Changes nothing. Takes --system-namespace and --metrics-auth of "janus operator". Exits with 1 where something is missing.\n\n  janus operator check',
    )
    .action(async (_own: unknown, command: Command) => {
      const { operatorCheck } = await import('../operator-check.ts');
      await operatorCheck(command.optsWithGlobals<OperatorFlags>());
    });
  operator
    .command('remove')
    .summary('take away what Janus has made, before it is uninstalled')
    .description(
      'Takes away what Janus has made: webhook configurations, records, keys, Leases, finalizers of Transactions. Transactions, their changes and their definitions stay. Refuses, with names, while transactions are open. The chart runs it, as ServiceAccount janus, before it deletes the rest. Exits with 1 where it was refused.\n\n  janus operator remove --rollback-open',
    )
    .option('--rollback-open', 'roll back what is open, and wait for it')
    .option('--wait <DURATION>', 'how long to wait, in all (default: 5m)')
    .action(async (_own: unknown, command: Command) => {
      const { operatorRemove } = await import('../operator-remove.ts');
      await operatorRemove(command.optsWithGlobals<OperatorRemoveFlags>());
    });
}
