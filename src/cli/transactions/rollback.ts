import type { Transaction } from '../../api/transaction.ts';
import { withCluster } from '../cluster.ts';
import { Fault } from '../fault.ts';
import type { GlobalFlags } from '../flags/global.ts';
import type { DryRunFlags, TimeoutFlags } from '../flags/shared.ts';
import { print, say } from '../output.ts';
import { readTransaction } from '../transaction.ts';
import { requireDuration } from '../values.ts';
import { stateText } from '../views/transaction-table.ts';
import { requestRollback, untilRolledBack } from './going-back.ts';
import { DEFAULT_WAIT } from './wait.ts';

/** The flags as typed. */
export interface RollbackFlags extends GlobalFlags, DryRunFlags, TimeoutFlags {
  readonly wait?: boolean;
}

/** Has a Committed Transaction rolled back. What is rolled back already is no fault, so that a script can be repeated. */
export async function rollback(name: string, flags: RollbackFlags): Promise<void> {
  const timeoutMs = requireDuration('--timeout', flags.timeout ?? DEFAULT_WAIT);
  const dryRun = flags.dryRun === true;
  await withCluster(flags, async (cluster) => {
    const found = await readTransaction(cluster, name);
    const title = `Transaction ${cluster.namespace}/${name}`;
    const { phase } = found.status ?? {};
    if (phase === 'RolledBack') {
      print(`${title} rolled back`);
      say('It was rolled back before.');
      return;
    }
    if (phase !== 'Committed' && phase !== 'RollingBack') throw refusal(title, found);
    if (phase === 'Committed' && found.metadata.deletionTimestamp !== undefined)
      throw new Fault(`${title} is being deleted, so it can no longer be rolled back: what it changed stays.`);
    const asked = phase === 'Committed' ? await requestRollback(cluster, found, dryRun) : found;
    if (dryRun) {
      print(`${title} rollback requested (server dry run)`);
      return;
    }
    if (flags.wait === true) return untilRolledBack(cluster, asked, timeoutMs);
    print(`${title} rollback requested`);
    say(`"janus watch ${name} -n ${cluster.namespace}" shows how it goes; --wait waits for its end.`);
  });
}

function refusal(title: string, transaction: Transaction): Fault {
  const { name = '', namespace = '' } = transaction.metadata;
  const at = `${name} -n ${namespace}`;
  if (transaction.status?.phase === 'Failed')
    return new Fault(
      `${title} has Failed: "janus recover plan ${at}" shows what is left to undo, and "janus recover apply ${at}" undoes it.`,
    );
  return new Fault(`${title} is ${stateText(transaction)}, not Committed: "janus abort ${at}" ends it, and undoes what it has done.`);
}
