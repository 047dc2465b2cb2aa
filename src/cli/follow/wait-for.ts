import type { Transaction } from '../../api/transaction.ts';
import type { Cluster } from '../cluster.ts';
import { Fault } from '../fault.ts';
import { untilInterrupted } from '../interrupt.ts';
import { liveOn } from '../terminal/live.ts';
import { endLine } from '../views/transaction-page.ts';
import { follow } from './follow.ts';
import { ticking } from './ticking.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** What is waited for: `is rolled back`. */
  readonly what: string;
}

/**
 * Looks at a Transaction, and again at each change, until `decide` has an answer. Meanwhile a line on a terminal says how far it is.
 *
 * @param decide is given undefined once it is gone.
 * @throws Fault where the time is up, or somebody presses Ctrl-C: the Transaction goes on in both cases.
 */
export async function waitFor<R extends object>(
  cluster: Cluster,
  transaction: Transaction,
  decide: (now: Transaction | undefined) => R | undefined,
  { timeoutMs, what }: WaitOptions,
): Promise<R> {
  const { name = '', namespace = '' } = transaction.metadata;
  const goesOn = `Transaction ${namespace}/${name} goes on: "janus watch ${name} -n ${namespace}" shows it.`;
  const timeout = AbortSignal.timeout(Math.min(timeoutMs, 2 ** 31 - 1));
  let latest = transaction;
  const live = liveOn(process.stderr);
  const stopTicking = ticking(live, () => [`${namespace}/${name}: ${endLine(latest, Date.now())}`]);
  try {
    return await untilInterrupted(async (interrupted) => {
      for await (const now of follow(cluster, transaction, AbortSignal.any([interrupted, timeout]))) {
        latest = now ?? latest;
        const answer = decide(now);
        if (answer !== undefined) return answer;
      }
      throw new Error('a Transaction that is gone was not decided about');
    }, `Interrupted. ${goesOn}`);
  } catch (error) {
    if (!timeout.aborted || error instanceof Fault) throw error;
    const phase = latest.status?.phase ?? 'none';
    throw new Fault(`The time is up before it ${what} (phase ${phase}). ${goesOn}`, { cause: error, exit: 'timedOut' });
  } finally {
    stopTicking();
  }
}
