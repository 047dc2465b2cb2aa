import type { ResourceChange } from '../../api/resource-change.ts';
import type { Transaction } from '../../api/transaction.ts';
import { isApiError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/object.ts';
import { watchResource } from '../../kube/reflector.ts';
import type { Cluster } from '../cluster.ts';
import { warn } from '../output.ts';
import { objectNames } from '../views/object-text.ts';
import { clusterEvent, EVENTS, eventSelector } from './cluster-events.ts';
import { follow } from './follow.ts';
import { mailbox } from './mailbox.ts';
import { deletedNews, endNews, newsBetween } from './news.ts';
import type { StreamEvent } from './stream-schema.ts';

/** What a stream is made of. */
export interface StreamParts {
  readonly cluster: Cluster;
  readonly transaction: Transaction;
  readonly changes: readonly ResourceChange[];
  readonly signal: AbortSignal;
  /** Called with each reading, before its news is given. */
  readonly onReading?: (transaction: Transaction) => void;
}

/** All that is known to have happened to a Transaction so far, by time; the end, if it rests. */
export async function pastOf({ changes, cluster, transaction, signal }: StreamParts): Promise<readonly StreamEvent[]> {
  const now = Date.now();
  const { namespace = '' } = transaction.metadata;
  const events = await cluster.client
    .list(EVENTS, { namespace, fieldSelector: eventSelector(transaction), limit: 500, signal })
    .then(({ items }) => items, withoutEvents);
  const told = events.map((event) => clusterEvent(transaction, event));
  const news = newsBetween(undefined, transaction, objectNames(changes), now);
  const end = endNews(transaction, now);
  return [...byTime([...told, ...news]), ...(end === undefined ? [] : [end])];
}

/** The same, and then whatever happens, until the Transaction rests or is gone. */
export async function* streamOf(parts: StreamParts): AsyncGenerator<StreamEvent> {
  const { changes, cluster, signal, transaction, onReading } = parts;
  const objects = objectNames(changes);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const box = mailbox<StreamEvent>(signal);
  const told = new Map<string, number>();
  watchResource<KubeObject>({
    client: cluster.client,
    transport: cluster.transport,
    kind: EVENTS,
    namespace: transaction.metadata.namespace ?? '',
    fieldSelector: eventSelector(transaction),
    signal: either,
    onEvent: ({ object, type }) => {
      const event = clusterEvent(transaction, object);
      const known = told.get(object.metadata.uid ?? '');
      if (type === 'deleted' || event.type !== 'event' || known === event.count) return;
      told.set(object.metadata.uid ?? '', event.count);
      box.put(event);
    },
    onProblem: (error) => {
      if (!isApiError(error, 401, 403)) return;
      stop.abort();
      withoutEvents(error);
    },
  });
  const readings = (async () => {
    let before: Transaction | undefined;
    for await (const now of follow(cluster, transaction, signal)) {
      if (now === undefined) {
        box.put(deletedNews(transaction, Date.now()));
        return;
      }
      onReading?.(now);
      for (const event of newsBetween(before, now, objects, Date.now())) box.put(event);
      before = now;
      const end = endNews(now, Date.now());
      if (end !== undefined) {
        box.put(end);
        return;
      }
    }
  })().catch((error: unknown) => box.fail(error));
  try {
    for (;;) {
      const event = await box.take();
      yield event;
      if (event.type === 'end' || event.type === 'deleted') return;
    }
  } finally {
    stop.abort();
    await readings;
  }
}

/** The rest is worth seeing without them. */
function withoutEvents(error: unknown): readonly KubeObject[] {
  if (!isApiError(error, 401, 403)) throw error;
  warn('you may not read Events, so writes that were refused are not shown.');
  return [];
}

function byTime(events: readonly StreamEvent[]): readonly StreamEvent[] {
  return events.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
}
