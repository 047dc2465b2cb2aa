import { isSealed, type Transaction } from '../../api/transaction.ts';
import { isApiError } from '../../kube/errors.ts';
import { refOfTransaction } from '../../transaction/kinds.ts';
import { withCluster, type Cluster } from '../cluster.ts';
import { Fault } from '../fault.ts';
import { print, say } from '../output.ts';
import { readTransaction } from '../transaction.ts';
import { requireDuration } from '../values.ts';
import { requestRollback, untilRolledBack } from './going-back.ts';
import type { RollbackFlags } from './rollback.ts';
import { DEFAULT_WAIT } from './wait.ts';

/** How often one that is sealed or changed under our hands is looked at again. */
const TRIES = 5;

/**
 * Ends a Transaction before its end: one that is not sealed is deleted, with its changes; one that runs is rolled back. Should it
 * commit at that very moment, it is rolled back all the same: that is what was asked for.
 */
export async function abort(name: string, flags: RollbackFlags): Promise<void> {
  const timeoutMs = requireDuration('--timeout', flags.timeout ?? DEFAULT_WAIT);
  const dryRun = flags.dryRun === true;
  await withCluster(flags, async (cluster) => {
    const title = `Transaction ${cluster.namespace}/${name}`;
    const found = await unsealedDeleted(cluster, name, dryRun);
    if (found === undefined) {
      print(`${title} deleted${dryRun ? ' (server dry run)' : ''}: it was not sealed, and had changed nothing`);
      return;
    }
    const { phase } = found.status ?? {};
    if (phase === 'Committed' || phase === 'Failed' || phase === 'RolledBack') throw tooLate(title, found);
    const asked = phase === 'RollingBack' ? found : await requestRollback(cluster, found, dryRun);
    if (dryRun) {
      print(`${title} rollback requested (server dry run)`);
      return;
    }
    if (flags.wait === true) return untilRolledBack(cluster, asked, timeoutMs);
    print(phase === 'RollingBack' ? `${title} is rolling back already` : `${title} rollback requested`);
    say(`"janus watch ${name} -n ${cluster.namespace}" shows how it goes; --wait waits for its end.`);
  });
}

/** The Transaction if it is sealed; undefined where it was not, and has been deleted. */
async function unsealedDeleted(cluster: Cluster, name: string, dryRun: boolean): Promise<Transaction | undefined> {
  for (let tries = TRIES; ; tries -= 1) {
    const found = await readTransaction(cluster, name);
    if (isSealed(found)) return found;
    const { uid = '', resourceVersion = '' } = found.metadata;
    try {
      // Only what was read is deleted: it may be sealed at this moment.
      await cluster.client.delete(refOfTransaction(found), { dryRun, preconditions: { uid, resourceVersion } });
      return undefined;
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      if (!isApiError(error, 409) || tries === 1) throw error;
    }
  }
}

function tooLate(title: string, { metadata, status }: Transaction): Fault {
  const at = `${metadata.name ?? ''} -n ${metadata.namespace ?? ''}`;
  const next = {
    Committed: `is Committed, so there is nothing to abort: "janus rollback ${at}" takes it back.`,
    Failed: `has Failed: "janus recover plan ${at}" shows what is left to undo.`,
    RolledBack: 'is rolled back already: nothing of it is in effect.',
  };
  return new Fault(`${title} ${next[status?.phase as keyof typeof next]}`);
}
