import type { Phase, Transaction } from '../api/transaction.ts';
import { createDiscovery } from '../kube/discovery.ts';
import { createEventRecorder } from '../kube/events.ts';
import type { KubeClient } from '../kube/client.ts';
import { watchResource } from '../kube/reflector.ts';
import type { Transport } from '../kube/transport.ts';
import type { Progress } from '../lock/record.ts';
import { Executor } from '../transaction/executor.ts';
import { TRANSACTIONS } from '../transaction/kinds.ts';
import { isOpen } from '../transaction/record.ts';
import { sweep } from '../transaction/sweep.ts';
import { countInto, kubernetesEventOf, logInto, regarding } from './consumers.ts';
import type { GrantKeys } from './grant-keys.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { sagaContext } from './saga-context.ts';
import type { Tuning } from './tuning.ts';

/** How often records are looked after; milliseconds. */
const SWEEP_EVERY_MS = 10 * 60_000;
/** Seconds of silence after which the watch counts as stale: bookmarks come about once a minute. */
const STALE_AFTER_MS = 180_000;

export interface ExecutorParts {
  readonly client: KubeClient;
  readonly transport: Transport;
  readonly keys: GrantKeys;
  readonly tuning: Tuning;
  readonly systemNamespace: string;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The executor of this process, fed by a watch on Transactions. */
export interface RunningExecutor {
  readonly executor: Executor;
  /** How far a transaction is, as the watch last told. */
  progress(uid: string): Progress | undefined;
  /** @throws Error when the watch has fallen silent */
  healthy(): void;
  /** Stops, and names the transactions whose locks still hold. */
  stop(graceMs: number): Promise<readonly string[]>;
  /** Ends the watch and begins nothing more; what is running is left where it is. */
  abandon(): void;
}

/** Starts it and waits until it has seen every Transaction there is. */
export async function startExecutor(parts: ExecutorParts): Promise<RunningExecutor> {
  const { client, transport, metrics, log } = parts;
  const recorder = createEventRecorder({
    client,
    component: 'janus',
    onProblem: (error) => log.warn({ error }, 'an event could not be written'),
  });
  const consumers = [countInto(metrics), logInto(log)];
  const context = sagaContext(client, createDiscovery(transport), parts.keys, parts.tuning, parts.systemNamespace, (event) => {
    for (const consume of consumers) consume(event);
    const told = kubernetesEventOf(event);
    if (told !== undefined) recorder.record({ ...told, regarding: regarding(event.of) });
  });
  const executor = new Executor(context, (error, { metadata }) => {
    log.error(
      { error, transaction: `${metadata.namespace ?? ''}/${metadata.name ?? ''}` },
      'a pass over a transaction failed and is tried again',
    );
  });
  const ending = new AbortController();
  const watch = watchResource<Transaction & { readonly [field: string]: unknown }>({
    client,
    transport,
    kind: TRANSACTIONS,
    signal: ending.signal,
    onEvent: ({ type, object }) => (type === 'deleted' ? executor.observeGone(object) : executor.observe(object)),
    onProblem: (error) => log.warn({ error }, 'the watch on transactions is begun anew'),
  });
  await watch.synced;
  const look = async (): Promise<void> => {
    const broken = await sweep(
      context,
      (uid) => watch.get(uid),
      (error) => log.warn({ error }, 'a record could not be looked after'),
    );
    if (broken.length > 0) log.error({ secrets: broken }, 'these Secrets say they are records and cannot be read');
  };
  const sweeping = (): void => void look().catch((error: unknown) => log.warn({ error }, 'records could not be looked after'));
  sweeping();
  const timer = setInterval(sweeping, SWEEP_EVERY_MS).unref();
  metrics.measure('janus_watch_last_event_age_seconds', () => [{ labels: {}, value: (Date.now() - watch.lastHeardAt()) / 1000 }]);
  metrics.measure('janus_transactions_active', () => activeByPhase(executor.active));
  return {
    executor,
    progress: (uid) => progressOf(watch.get(uid)?.status),
    healthy: () => {
      const age = Date.now() - watch.lastHeardAt();
      if (age > STALE_AFTER_MS) throw new Error(`nothing was heard of transactions for ${String(Math.round(age / 1000))} s`);
    },
    abandon: () => {
      clearInterval(timer);
      ending.abort();
      executor.abandon();
    },
    stop: async (graceMs) => {
      clearInterval(timer);
      await executor.stop(graceMs);
      ending.abort();
      await watch.ended;
      await recorder.flush();
      const { records } = await context.records.list();
      return records
        .filter(({ record }) => isOpen(record))
        .map(({ record }) => `${record.transaction.namespace}/${record.transaction.name}`);
    },
  };
}

function progressOf(status: Transaction['status']): Progress | undefined {
  return status?.itemsTotal === undefined ? undefined : { committed: status.itemsCommitted ?? 0, total: status.itemsTotal };
}

function activeByPhase(active: readonly Transaction[]): readonly { readonly labels: { readonly phase: string }; readonly value: number }[] {
  const counts = new Map<Phase, number>();
  for (const transaction of active) {
    const phase = transaction.status?.phase ?? 'Pending';
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
  }
  return [...counts].map(([phase, value]) => ({ labels: { phase }, value }));
}
