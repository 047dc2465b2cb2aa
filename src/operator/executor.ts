import type { Phase, Transaction } from '../api/transaction.ts';
import { createDiscovery } from '../kube/discovery.ts';
import { createEventRecorder } from '../kube/events.ts';
import { removeStaleDrafts } from '../transaction/drafts.ts';
import { Executor } from '../transaction/executor.ts';
import { sweep } from '../transaction/sweep.ts';
import { countInto, kubernetesEventOf, logInto, regarding } from './consumers.ts';
import type { GrantKeys } from './grant-keys.ts';
import { startGuarding, type GuardingParts } from './guarding.ts';
import { sagaContext } from './saga-context.ts';
import type { TransactionWatch } from './transaction-watch.ts';
import type { Tuning } from './tuning.ts';

/** How often records are looked after; milliseconds. */
const SWEEP_EVERY_MS = 10 * 60_000;

export interface ExecutorParts extends GuardingParts {
  readonly watch: TransactionWatch;
  readonly keys: GrantKeys;
  readonly tuning: Tuning;
}

/** The executor of this process, fed by the watch on Transactions. */
export interface RunningExecutor {
  /** Begins nothing more, and waits up to `graceMs` for what is running; the rest is left where it is. */
  stop(graceMs: number): Promise<void>;
  /** Hears no more and begins nothing more; what is running is left where it is. */
  abandon(): void;
}

/** Starts it with every Transaction there is. */
export function startExecutor(parts: ExecutorParts): RunningExecutor {
  const { connection, watch, metrics, log } = parts;
  const recorder = createEventRecorder({
    client: connection.client,
    component: 'janus',
    onProblem: (error) => log.warn({ error }, 'an event could not be written'),
  });
  const consumers = [countInto(metrics), logInto(log)];
  const discovery = createDiscovery(connection.transport);
  const { keys, tuning, systemNamespace, now, mayAct } = parts;
  const guarding = startGuarding(parts, recorder);
  const { guards, enforcement } = guarding;
  const context = sagaContext(connection.client, discovery, keys, tuning, systemNamespace, guards, now, mayAct, enforcement, (event) => {
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
  watch.tell(({ type, object }) => (type === 'deleted' ? executor.observeGone(object) : executor.observe(object)));
  for (const transaction of watch.list()) executor.observe(transaction);
  const look = async (): Promise<void> => {
    await guards.restore().catch((error: unknown) => log.warn({ error }, 'the guards could not be looked after'));
    await removeStaleDrafts(context, watch.list(), (error) => log.warn({ error }, 'a draft that nobody sealed could not be removed'));
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
  metrics.measure('janus_transactions_active', () => activeByPhase(executor.active));
  const leave = (): void => {
    clearInterval(timer);
    watch.tell(undefined);
    guarding.stop();
    metrics.measure('janus_transactions_active', () => []);
  };
  return {
    abandon: () => {
      leave();
      executor.abandon();
    },
    stop: async (graceMs) => {
      clearInterval(timer);
      await executor.stop(graceMs);
      leave();
      await recorder.flush();
    },
  };
}

function activeByPhase(active: readonly Transaction[]): readonly { readonly labels: { readonly phase: string }; readonly value: number }[] {
  const counts = new Map<Phase, number>();
  for (const transaction of active) {
    const phase = transaction.status?.phase ?? 'Pending';
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
  }
  return [...counts].map(([phase, value]) => ({ labels: { phase }, value }));
}
