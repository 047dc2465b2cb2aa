import { connect } from './connections.ts';
import { startExecutor } from './executor.ts';
import { grantKeys } from './grant-keys.ts';
import type { Interception } from './identity.ts';
import { installationFor } from './installation.ts';
import { startLeadership } from './leadership.ts';
import type { Log } from './log.ts';
import { createServerClock } from '../kube/server-clock.ts';
import { metricsAccess } from './metrics-access.ts';
import { createMetrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';
import { startPages } from './pages.ts';
import { startServing } from './serving.ts';
import { retirementOf } from './removal/retirement.ts';
import { abandon, shutDown, type Parts } from './shutdown.ts';
import { watchTransactions } from './transaction-watch.ts';
import { tuningFrom } from './tuning.ts';

/** A running operator. */
export interface Running {
  /** The one line that says it is ready, and whether another replica carries transactions out. */
  readonly words: string;
  /** Its name among replicas. */
  readonly identity: string;
  /** Where its webhooks answer. */
  readonly webhookPort: number;
  /** Whether this one carries transactions out. */
  leading(): boolean;
  /** Resolves, with the line that says why, when this process can do nothing more and must be started anew. */
  readonly over: Promise<string>;
  /** Ends everything; the line says what was left behind, and why. */
  shutDown(): Promise<string>;
  /** Closes ports and connections and leaves everything else as it is, as a crash would. */
  abandon(): Promise<void>;
}

/** What a process, or a test, gives to an operator. */
export interface Surroundings {
  readonly log: Log;
  /** Ends the wait for readiness. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs around every request that Janus sends under its own identity, so that tests can inject faults. */
  readonly faults?: Interception;
  /** This machine's time of day, which may be wrong. */
  readonly wall?: () => number;
}

/**
 * Starts a replica: watch and webhooks, and the executor where no other replica leads. What the cluster needs is installed by a
 * chart, or in --dev by this process.
 * @throws Error for people when it cannot start
 */
export async function startOperator(
  options: OperatorOptions,
  { log, signal, env, faults = {}, wall = Date.now }: Surroundings,
): Promise<Running> {
  const tuning = tuningFrom(env);
  const metrics = createMetrics();
  const { systemNamespace } = options;
  const clock = createServerClock({ monotonic: () => performance.now(), wall });
  const now = (): number => clock.now();
  const connections = await connect(options, metrics, clock, faults);
  const installation = installationFor(options, connections, log);
  try {
    await installation.prepare(signal);
  } catch (error) {
    await connections.destroy();
    throw error;
  }
  const keys = await grantKeys(
    connections.executor.client,
    systemNamespace,
    tuning.grantLifeSeconds,
    (error) => log.error({ error }, 'the keys of grants could not be read'),
    now,
  );
  const watch = await watchTransactions(connections.executor, metrics, log);
  // The webhooks answer before anything is carried out: locks may be left from an earlier process.
  const serving = await startServing({ connections, keys, options, metrics, log, progress: (uid) => watch.progress(uid), now });
  const { keeper: enforcement } = serving.enforcement;
  // Ready before locks are enforced: what stands between asks nobody who is not ready, and no probe would ever arrive.
  const readiness = {
    webhook: () => serving.ready(),
    watch: () => watch.healthy(),
    keys: () => keys.healthy(),
    locks: () => serving.enforcement.ready(),
  };
  const guard = { certificates: serving.certificates, refuse: metricsAccess(connections.webhooks.client) };
  const pages = await startPages(options, metrics, readiness, guard);
  await enforcement.effective(signal);
  let tellStarted: (parts: Parts) => void = () => undefined;
  const started = new Promise<Parts>((resolve) => (tellStarted = resolve));
  const retirement = retirementOf(started, systemNamespace, log);
  const leadership = await startLeadership({
    connection: connections.election,
    systemNamespace,
    timing: options.election,
    log,
    metrics,
    ...(options.dev ? {} : { onRemoval: () => retirement.begin() }),
    begin: (mayAct) => {
      // Replicas that are registered by URLs of their own overwrite each other: the leader's holds.
      serving.register().catch((error: unknown) => log.error({ error }, 'the webhooks could not be registered'));
      const { reach } = serving;
      const executing = { connection: connections.executor, watch, keys, reach, tuning, systemNamespace, enforcement };
      return startExecutor({ ...executing, metrics, log, now, mayAct });
    },
  });
  const words = [
    `Janus is ready: webhooks at ${serving.address}, health ${pages.health}, metrics ${pages.metrics}, ` +
      `namespace ${systemNamespace}, ${connections.description}`,
    leadership.standingBy() ?? [],
  ];
  const { drainDelayMs } = options;
  const parts = { connections, keys, watch, serving, leadership, pages, tuning, installation, drainDelayMs };
  tellStarted(parts);
  return {
    words: words.flat().join('; '),
    identity: leadership.identity,
    webhookPort: serving.webhooks.port,
    leading: () => leadership.leading(),
    over: retirement.calledOff,
    shutDown: () => shutDown(parts, retirement),
    abandon: () => abandon(parts),
  };
}
