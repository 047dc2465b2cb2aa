import { REQUEST_ROLLBACK_ANNOTATION } from '../../api/group.ts';
import type { Transaction } from '../../api/transaction.ts';
import { refOfTransaction } from '../../transaction/kinds.ts';
import type { Cluster } from '../cluster.ts';
import type { ExitName } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import { causeOf } from '../follow/end.ts';
import { waitFor } from '../follow/wait-for.ts';
import { print, warn } from '../output.ts';

/** Asks the executor to roll this very Transaction back. Returns it as it then is. */
export async function requestRollback({ client }: Cluster, transaction: Transaction, dryRun: boolean): Promise<Transaction> {
  const { uid } = transaction.metadata;
  // The uid keeps the request from another Transaction of the same name.
  const patch = { metadata: { uid, annotations: { [REQUEST_ROLLBACK_ANNOTATION]: 'true' } } };
  const { object, warnings } = await client.patch(refOfTransaction(transaction), { type: 'merge', patch }, { dryRun });
  warnings.forEach(warn);
  return object as unknown as Transaction;
}

/** Waits until a rollback that was asked for is over, and says so. @throws Fault where it did not come to its end */
export async function untilRolledBack(cluster: Cluster, transaction: Transaction, timeoutMs: number): Promise<void> {
  const end = await waitFor(cluster, transaction, endOfRollback, { timeoutMs, what: 'is rolled back' });
  const { name = '', namespace = '' } = transaction.metadata;
  const title = `Transaction ${namespace}/${name}`;
  if (end.words !== undefined) throw new Fault(`${title} ${end.words}`, { exit: end.exit });
  print(`${title} rolled back${end.inexact === '' ? '' : `, though not exactly: ${end.inexact}`}`);
}

type EndOfRollback = { readonly words?: undefined; readonly inexact: string } | { readonly words: string; readonly exit: ExitName };

/** How a rollback has ended by what is to be read; undefined as long as it goes on. */
export function endOfRollback(now: Transaction | undefined): EndOfRollback | undefined {
  if (now === undefined) return { words: 'was deleted meanwhile.', exit: 'error' };
  const { name = '', namespace = '' } = now.metadata;
  const asked = now.metadata.annotations?.[REQUEST_ROLLBACK_ANNOTATION] !== undefined;
  switch (now.status?.phase) {
    case 'RolledBack': {
      const exact = now.status.conditions?.find(({ type }) => type === 'Exact');
      return { inexact: exact?.status === 'False' ? exact.message : '' };
    }
    case 'Failed':
      return asked
        ? undefined
        : { words: `has Failed: ${causeOf(now)} "janus recover plan ${name} -n ${namespace}" shows what is left to undo.`, exit: 'error' };
    case 'Committed':
      return asked
        ? undefined
        : { words: 'can no longer be rolled back: what that takes is kept for a limited time (historyTTL), and is gone.', exit: 'error' };
    default:
      return undefined;
  }
}
