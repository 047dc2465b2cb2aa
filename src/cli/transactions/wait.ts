import type { Transaction } from '../../api/transaction.ts';
import { withCluster } from '../cluster.ts';
import { Fault } from '../fault.ts';
import { causeOf, nextStep } from '../follow/end.ts';
import { GOALS, judge } from '../follow/goal.ts';
import { waitFor } from '../follow/wait-for.ts';
import type { GlobalFlags } from '../flags/global.ts';
import type { TimeoutFlags } from '../flags/shared.ts';
import { print } from '../output.ts';
import { readTransaction } from '../transaction.ts';
import { requireDuration, requireOneOf } from '../values.ts';
import { transactionName } from '../views/transaction-table.ts';

/** The flags as typed. */
export interface WaitFlags extends GlobalFlags, TimeoutFlags {
  readonly for?: string;
}

/** What is waited for where nobody says how long: as long as a Transaction may take by default. */
export const DEFAULT_WAIT = '30m';

/** Waits until a Transaction has come to a goal, and ends at once where it can no more. */
export async function wait(name: string, flags: WaitFlags): Promise<void> {
  const goal = requireOneOf('--for', (flags.for ?? 'committed').toLowerCase(), GOALS);
  const timeoutMs = requireDuration('--timeout', flags.timeout ?? DEFAULT_WAIT);
  await withCluster(flags, async (cluster) => {
    const transaction = await readTransaction(cluster, name);
    let latest = transaction;
    let gone = false;
    const judgement = await waitFor(
      cluster,
      transaction,
      (now) => {
        latest = now ?? latest;
        gone = now === undefined;
        return judge(goal, now);
      },
      { timeoutMs, what: `is ${goal}` },
    );
    if (judgement.reached) {
      print(`${transactionName(transaction)} ${goal}`);
      return;
    }
    throw new Fault(insteadOf(goal, latest, gone), { exit: judgement.exit });
  });
}

function insteadOf(goal: string, transaction: Transaction, gone: boolean): string {
  const { name = '', namespace = '' } = transaction.metadata;
  const { phase = 'without a phase' } = transaction.status ?? {};
  const what = `Transaction ${namespace}/${name} is not ${goal}`;
  if (gone) return `${what}: it was deleted, last seen ${phase}.`;
  const cause = causeOf(transaction);
  return `${what} but ${phase}${cause === '' ? '' : `: ${cause}`}\n${nextStep(transaction)}`;
}
