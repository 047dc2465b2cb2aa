import type { Transaction } from '../../src/api/transaction.ts';
import { watchResource } from '../../src/kube/reflector.ts';
import { TRANSACTIONS } from '../../src/transaction/kinds.ts';
import type { Cluster } from '../janus/running.ts';

/** What is heard of all Transactions, by one watch: hundreds that were asked for again and again would be a load of their own. */
export interface News {
  /** Waits until something holds of a Transaction. @throws Error when it does not in time */
  until(transaction: Transaction, holds: (now: Transaction) => boolean, ms?: number): Promise<Transaction>;
  stop(): Promise<void>;
}

/** Begins to listen. */
export async function followTransactions({ admin, transport }: Cluster): Promise<News> {
  const waiting = new Set<() => void>();
  const ending = new AbortController();
  const watch = watchResource<Transaction & { readonly [field: string]: unknown }>({
    client: admin,
    transport,
    kind: TRANSACTIONS,
    signal: ending.signal,
    onEvent: () => {
      for (const look of [...waiting]) look();
    },
  });
  await watch.synced;
  return {
    until: ({ metadata }, holds, ms = 120_000) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const now = watch.get(metadata.uid ?? '');
          if (now === undefined || !holds(now)) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve(now);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          const status = watch.get(metadata.uid ?? '')?.status;
          reject(new Error(`waited in vain for ${metadata.namespace ?? ''}/${metadata.name ?? ''}: ${JSON.stringify(status)}`));
        }, ms);
        waiting.add(look);
        look();
      }),
    stop: async () => {
      ending.abort();
      await watch.ended;
    },
  };
}
