import { unregister } from '../admission/registration.ts';
import { connect, type Connections } from './connections.ts';
import { installForDev } from './dev-installation.ts';
import { startExecutor, type RunningExecutor } from './executor.ts';
import { grantKeys, type GrantKeys } from './grant-keys.ts';
import type { Interception } from './identity.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';
import { startPages, type Pages } from './pages.ts';
import { startServing, type Serving } from './serving.ts';
import { watchTransactions, type TransactionWatch } from './transaction-watch.ts';
import { tuningFrom } from './tuning.ts';

/** A running operator. */
export interface Running {
  /** The one line that says it is ready. */
  readonly words: string;
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
}

/** Longest that answers under way are waited for when the webhooks close; milliseconds. */
const CLOSE_MS = 5_000;

/**
 * Starts webhooks and executor, in --dev with everything a cluster needs installed first.
 * @throws Error for people when it cannot start
 */
export async function startOperator(options: OperatorOptions, { log, signal, env, faults = {} }: Surroundings): Promise<Running> {
  if (!options.dev)
    throw new Error('janus operator runs outside a cluster, with --dev, only: the installation into a cluster is not part of this version');
  const tuning = tuningFrom(env);
  const metrics = createMetrics();
  const { systemNamespace } = options;
  const connections = await connect(options, metrics, faults);
  await installForDev(connections.admin, systemNamespace, signal);
  const keys = await grantKeys(connections.executor.client, systemNamespace, tuning.grantLifeSeconds, (error) =>
    log.error({ error }, 'the keys of grants could not be read'),
  );
  const watch = await watchTransactions(connections.executor, metrics, log);
  // The webhooks answer before the executor runs: locks may be left from an earlier process.
  const serving = await startServing({ connections, keys, options, metrics, log, progress: (uid) => watch.progress(uid) }, signal);
  const executor = startExecutor({ connection: connections.executor, watch, keys, tuning, systemNamespace, metrics, log });
  const pages = await startPages(options, metrics, { webhook: () => serving.ready(), watch: () => watch.healthy() });
  const words =
    `Janus is ready: webhooks at ${serving.endpoint}, health http://127.0.0.1:${String(pages.healthPort)}/readyz, ` +
    `metrics http://127.0.0.1:${String(pages.metricsPort)}/metrics, namespace ${systemNamespace}, ${connections.description}`;
  const parts = { connections, keys, watch, serving, executor, pages, graceMs: tuning.graceMs };
  return { words, shutDown: () => shutDown(parts), abandon: () => abandon(parts) };
}

interface Parts {
  readonly connections: Connections;
  readonly keys: GrantKeys;
  readonly watch: TransactionWatch;
  readonly serving: Serving;
  readonly executor: RunningExecutor;
  readonly pages: Pages;
  readonly graceMs: number;
}

/** First no new work, then what is running ends or is left safely; the webhooks go last, and only if nothing is locked. */
async function shutDown({ connections, keys, watch, serving, executor, pages, graceMs }: Parts): Promise<string> {
  const open = await executor.stop(graceMs);
  let words = 'Janus has stopped.';
  if (open.length === 0) await unregister(connections.admin);
  else {
    words =
      `Janus has stopped, and left its webhooks registered since ${open.length === 1 ? 'a transaction is' : `${String(open.length)} transactions are`} open ` +
      `(${open.join(', ')}): what they lock stays locked. Run "janus operator --dev" again to go on with them.`;
  }
  await watch.stop();
  await serving.webhooks.close(CLOSE_MS);
  await pages.close();
  serving.stop();
  keys.stop();
  await connections.close();
  return words;
}

async function abandon({ connections, keys, watch, serving, executor, pages }: Parts): Promise<void> {
  executor.abandon();
  void watch.stop();
  serving.stop();
  keys.stop();
  await Promise.all([serving.webhooks.close(0), pages.close()]);
  await connections.destroy();
}
