import type { Command } from 'commander';
import { formatDuration } from '../../api/duration.ts';
import { LOG_FORMATS, LOG_LEVELS, OPERATOR_DEFAULTS } from '../../operator/options.ts';
import type { OperatorFlags } from '../operator.ts';

/** `janus operator` */
export function defineOperator(program: Command): void {
  const { election, healthPort, logLevel, metricsPort, systemNamespace, webhookPort } = OPERATOR_DEFAULTS;
  program
    .command('operator')
    .summary('run the executor and the admission webhook')
    .description('Runs the executor and the admission webhook until it is told to stop. In a cluster, a Deployment starts it.')
    .option('--dev', 'run on this machine against the current context, with certificates made on the spot')
    .option(
      '--webhook-url-host <HOST>',
      'host under which the API server reaches this webhook (default: its Service; with --dev 127.0.0.1)',
    )
    .option('--webhook-url-port <PORT>', 'port under which the API server reaches this webhook, where something stands before it')
    .option('--webhook-port <PORT>', `port of the webhook (default: ${webhookPort}; with --dev a free one)`)
    .option('--metrics-port <PORT>', `port of the metrics (default: ${metricsPort}; with --dev a free one)`)
    .option('--health-port <PORT>', `port of the health checks (default: ${healthPort}; with --dev a free one)`)
    .option('--system-namespace <NS>', `namespace of Janus itself (default: ${systemNamespace})`)
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
}
