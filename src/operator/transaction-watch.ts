import type { Transaction } from '../api/transaction.ts';
import type { ObjectEvent } from '../kube/object-store.ts';
import { watchResource } from '../kube/reflector.ts';
import type { Progress } from '../lock/record.ts';
import { TRANSACTIONS } from '../transaction/kinds.ts';
import type { Connection } from './connections.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** Milliseconds of silence after which the watch counts as stale: bookmarks come about once a minute. */
const STALE_AFTER_MS = 180_000;

/** A Transaction as the watch speaks of it. */
export type Watched = Transaction & { readonly [field: string]: unknown };

/** What every replica sees of Transactions: the leader carries them out, and the others know how far they are. */
export interface TransactionWatch {
  get(uid: string): Transaction | undefined;
  list(): readonly Transaction[];
  /** How far a transaction is, as last told. */
  progress(uid: string): Progress | undefined;
  /** Hands every change from now on to one listener; without one, changes are only remembered. */
  tell(listener: ((event: ObjectEvent<Watched>) => void) | undefined): void;
  /** @throws Error when nothing was heard for too long */
  healthy(): void;
  stop(): Promise<void>;
}

/** Starts it, and waits until it has seen every Transaction there is. */
export async function watchTransactions({ client, transport }: Connection, metrics: Metrics, log: Log): Promise<TransactionWatch> {
  const ending = new AbortController();
  let listener: ((event: ObjectEvent<Watched>) => void) | undefined;
  const watch = watchResource<Watched>({
    client,
    transport,
    kind: TRANSACTIONS,
    signal: ending.signal,
    onEvent: (event) => listener?.(event),
    onProblem: (error) => log.warn({ error }, 'the watch on transactions is begun anew'),
  });
  await watch.synced;
  metrics.measure('janus_watch_last_event_age_seconds', () => [{ labels: {}, value: (Date.now() - watch.lastHeardAt()) / 1000 }]);
  return {
    get: (uid) => watch.get(uid),
    list: () => watch.list(),
    progress: (uid) => progressOf(watch.get(uid)?.status),
    tell: (next) => void (listener = next),
    healthy: () => {
      const age = Date.now() - watch.lastHeardAt();
      if (age > STALE_AFTER_MS) throw new Error(`nothing was heard of transactions for ${String(Math.round(age / 1000))} s`);
    },
    stop: () => {
      ending.abort();
      return watch.ended;
    },
  };
}

function progressOf(status: Transaction['status']): Progress | undefined {
  return status?.itemsTotal === undefined ? undefined : { committed: status.itemsCommitted ?? 0, total: status.itemsTotal };
}
