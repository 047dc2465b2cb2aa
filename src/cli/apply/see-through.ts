import type { Transaction } from '../../api/transaction.ts';
import type { Cluster } from '../cluster.ts';
import { Fault } from '../fault.ts';
import { isAtRest } from '../follow/end.ts';
import { follow } from '../follow/follow.ts';
import { newsBetween } from '../follow/news.ts';
import { ticking } from '../follow/ticking.ts';
import { liveOn } from '../terminal/live.ts';
import type { Live } from '../terminal/live.ts';
import { requestRollback } from '../transactions/going-back.ts';
import { eventLine } from '../views/event-line.ts';
import { objectNames } from '../views/object-text.ts';
import { transactionPage } from '../views/transaction-page.ts';
import { ask, canAsk } from './ask.ts';
import type { Sealed } from './draft.ts';

/** What Ctrl-C is answered with. */
type Wish = 'leave' | 'roll back' | 'look on';

/**
 * Looks on until a Transaction rests, on stderr: a table that is rewritten on a terminal, a line for what happens without one. On
 * Ctrl-C it asks whether to leave it running or to roll it back; a second one leaves it.
 *
 * @throws Fault where it is left, or somebody has deleted it.
 */
export async function seeThrough(cluster: Cluster, sealed: Sealed): Promise<Transaction> {
  let { transaction } = sealed;
  for (;;) {
    const seen = await lookOn(cluster, { ...sealed, transaction });
    transaction = seen.transaction;
    if (!seen.interrupted) return transaction;
    const wish = canAsk() ? await wishOf(transaction) : 'leave';
    if (wish === 'leave') throw new Fault(`Left running: ${goesOn(transaction)}`, { exit: 'interrupted' });
    if (wish === 'roll back') transaction = await requestRollback(cluster, transaction, false);
  }
}

interface Look {
  readonly transaction: Transaction;
  /** By Ctrl-C or SIGTERM, before it came to rest. */
  readonly interrupted: boolean;
}

async function lookOn(cluster: Cluster, { changes, transaction }: Sealed): Promise<Look> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const live = liveOn(process.stderr);
  let latest = transaction;
  const stop = ticking(live, (width) =>
    transactionPage({ transaction: latest, changes, now: Date.now() }, { width, wide: false, withNext: false }),
  );
  try {
    for await (const now of follow(cluster, transaction, controller.signal)) {
      if (now === undefined)
        throw new Fault(`Somebody has deleted Transaction ${titleOf(transaction)}, last seen ${latest.status?.phase ?? 'Pending'}.`);
      tellNews(live, latest, now, objectNames(changes));
      latest = now;
      if (isAtRest(now)) return { transaction: now, interrupted: false };
    }
    throw new Error('the watch ended before the Transaction did');
  } catch (error) {
    if (!controller.signal.aborted || error instanceof Fault) throw error;
    return { transaction: latest, interrupted: true };
  } finally {
    stop();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** Without a terminal: phases, and what becomes of each object. The table says it otherwise. */
function tellNews(live: Live, before: Transaction, after: Transaction, objects: Parameters<typeof newsBetween>[2]): void {
  if (live.onTerminal) return;
  for (const event of newsBetween(before, after, objects, Date.now())) {
    if (event.type === 'phase' || event.type === 'change') live.tell(eventLine(event));
  }
}

async function wishOf(transaction: Transaction): Promise<Wish> {
  const phase = transaction.status?.phase ?? 'Pending';
  const answer = await ask(
    `Transaction ${titleOf(transaction)} is ${phase}. [l]eave it running, [r]oll it back, or [w]atch on? (Ctrl-C leaves it) `,
  );
  if (answer === undefined) return 'leave';
  if (/^r/i.test(answer)) return 'roll back';
  return /^w/i.test(answer) ? 'look on' : 'leave';
}

/** What to say of one that nobody looks at any more. */
export function goesOn(transaction: Transaction): string {
  const { name = '', namespace = '' } = transaction.metadata;
  const at = `${name} -n ${namespace}`;
  return `Transaction ${titleOf(transaction)} goes on. "janus watch ${at}" shows it, "janus abort ${at}" rolls it back.`;
}

function titleOf({ metadata: { name = '', namespace = '' } }: Transaction): string {
  return `${namespace}/${name}`;
}
