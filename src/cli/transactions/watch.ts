import type { Transaction } from '../../api/transaction.ts';
import { withCluster, type Cluster } from '../cluster.ts';
import { exitCode } from '../exit-codes.ts';
import { streamOf, type StreamParts } from '../follow/stream.ts';
import { ticking } from '../follow/ticking.ts';
import { untilInterrupted } from '../interrupt.ts';
import { asTyped } from '../invoked-as.ts';
import { say } from '../output.ts';
import { liveOn } from '../terminal/live.ts';
import { isTerminal } from '../terminal/stream.ts';
import { readTransaction } from '../transaction.ts';
import { requireOneOf } from '../values.ts';
import { causeOf, nextStep } from '../follow/end.ts';
import { eventLine } from '../views/event-line.ts';
import { transactionPage } from '../views/transaction-page.ts';
import { changesIfAllowed, writeAll, type EventsFlags } from './events.ts';

/** What `watch` takes besides its table: the stream of `janus events`. */
const WATCH_FORMATS = ['table', 'wide', 'json'] as const;

/** Shows a Transaction until it rests: a table that is rewritten on a terminal, a line an event without one. */
export async function watch(name: string, flags: EventsFlags): Promise<void> {
  const format = requireOneOf('-o', flags.output ?? 'table', WATCH_FORMATS);
  await withCluster(flags, async (cluster) => {
    const transaction = await readTransaction(cluster, name);
    const changes = await changesIfAllowed(cluster, transaction);
    if (transaction.spec?.sealed !== true) say(`Transaction ${cluster.namespace}/${name} is not sealed: nothing happens until it is.`);
    let latest = transaction;
    await untilInterrupted(async (signal) => {
      const parts: StreamParts = { cluster, transaction, changes, signal, onReading: (now) => (latest = now) };
      const live = format !== 'json' && isTerminal(process.stdout);
      await (live ? watchLive(parts, () => latest, format === 'wide') : writeAll(streamOf(parts), format === 'json' ? 'json' : 'table'));
    }, `Interrupted. Transaction ${cluster.namespace}/${name} goes on.`);
    if (format !== 'json') sayEnd(cluster, latest);
  });
}

async function watchLive(parts: StreamParts, latest: () => Transaction, wide: boolean): Promise<void> {
  const live = liveOn(process.stdout);
  const page = (width: number): readonly string[] =>
    transactionPage({ transaction: latest(), changes: parts.changes, now: Date.now() }, { width, wide, withNext: false });
  const stop = ticking(live, page);
  try {
    for await (const event of streamOf(parts)) {
      // What is in the table needs no line of its own; what others tried, and what went wrong, does.
      if (event.type === 'event' && event.severity === 'Warning') live.tell(eventLine(event));
      else live.show(page);
      if (event.type === 'end') process.exitCode = event.exitCode;
      if (event.type === 'deleted') process.exitCode = exitCode('error');
    }
  } finally {
    stop();
  }
}

function sayEnd({ namespace }: Cluster, transaction: Transaction): void {
  const { name = '' } = transaction.metadata;
  if (process.exitCode === undefined || process.exitCode === 0) return;
  const cause = causeOf(transaction);
  say(asTyped(`Transaction ${namespace}/${name} did not commit${cause === '' ? '' : `: ${cause}`}\n${nextStep(transaction)}`));
}
