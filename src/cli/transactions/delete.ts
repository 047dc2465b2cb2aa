import { LEASE_CLEANUP_FINALIZER, ROLLBACK_PROTECTION_FINALIZER } from '../../api/group.ts';
import { isSealed, type Transaction } from '../../api/transaction.ts';
import { isApiError } from '../../kube/errors.ts';
import { removeFinalizer } from '../../kube/finalizer.ts';
import type { KubeObject } from '../../kube/object.ts';
import { refOfTransaction } from '../../transaction/kinds.ts';
import { isEnded } from '../../transaction/status.ts';
import { changesOf } from '../changes.ts';
import { withCluster, type Cluster } from '../cluster.ts';
import { Fault } from '../fault.ts';
import { waitFor } from '../follow/wait-for.ts';
import type { GlobalFlags } from '../flags/global.ts';
import type { DryRunFlags, TimeoutFlags } from '../flags/shared.ts';
import { print, say } from '../output.ts';
import { everyItem } from '../recovery.ts';
import { readTransaction } from '../transaction.ts';
import { requireDuration } from '../values.ts';
import { stateText } from '../views/transaction-table.ts';
import { DEFAULT_WAIT } from './wait.ts';

/** The flags as typed. */
export interface DeleteFlags extends GlobalFlags, DryRunFlags, TimeoutFlags {}

/**
 * Deletes a Transaction for good: what is under way is rolled back first, then locks and record go, and last the finalizer that keeps
 * it from being deleted by accident. Nothing is taken off that still guards something.
 */
export async function deleteTransaction(name: string, flags: DeleteFlags): Promise<void> {
  const timeoutMs = requireDuration('--timeout', flags.timeout ?? DEFAULT_WAIT);
  await withCluster(flags, async (cluster) => {
    const found = await readTransaction(cluster, name);
    const title = `Transaction ${cluster.namespace}/${name}`;
    await refuseWhatIsLeft(cluster, found, title);
    const { uid = '' } = found.metadata;
    if (flags.dryRun !== true) say(consequence(found, title));
    await unlessGone(cluster.client.delete(refOfTransaction(found), { dryRun: flags.dryRun === true, preconditions: { uid } }));
    if (flags.dryRun === true) {
      print(`${title} deleted (server dry run)`);
      say(consequence(found, title));
      return;
    }
    const { now } = await waitFor(cluster, found, letGo, { timeoutMs, what: 'has let everything go' });
    if (now !== undefined) {
      await refuseWhatIsLeft(cluster, now, title);
      await removeFinalizer(cluster.client, refOfTransaction(now), now as Transaction & KubeObject, ROLLBACK_PROTECTION_FINALIZER);
      await refuseOthersFinalizers(cluster, now, title);
    }
    print(`${title} deleted`);
  });
}

/** It is gone, or holds nothing any more, or has Failed: then a person is needed. */
function letGo(now: Transaction | undefined): { readonly now: Transaction | undefined } | undefined {
  if (now === undefined) return { now };
  // A look from before the deletion says nothing.
  if (now.metadata.deletionTimestamp === undefined) return undefined;
  const held = (now.metadata.finalizers ?? []).includes(LEASE_CLEANUP_FINALIZER);
  if (!held) return { now };
  return now.status?.phase === 'Failed' && isAnswered(now) ? { now } : undefined;
}

/** The executor has seen the deletion, and leaves it Failed: its conditions say that it is stalled. */
function isAnswered({ status }: Transaction): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Stalled' && is === 'True') === true;
}

function consequence(transaction: Transaction, title: string): string {
  if (!isSealed(transaction)) return `${title} is not sealed: it goes with its changes, and has changed nothing.`;
  const { phase } = transaction.status ?? {};
  if (!isEnded(phase)) return `${title} is ${stateText(transaction)}: it is rolled back first.`;
  return phase === 'Committed' ? `What ${title} changed stays, and can no longer be rolled back.` : `Nothing of ${title} is in effect.`;
}

/** @throws Fault where a Failed one has changes in effect that it can no longer undo once it is gone */
async function refuseWhatIsLeft(cluster: Cluster, transaction: Transaction, title: string): Promise<void> {
  if (transaction.status?.phase !== 'Failed') return;
  const items = everyItem(transaction.status, await changesOf(cluster, transaction));
  const left = items.filter((item) => item.committed && !item.rolledBack).length;
  if (left === 0) return;
  const at = `${transaction.metadata.name ?? ''} -n ${cluster.namespace}`;
  throw new Fault(
    `${title} has Failed with ${String(left)} changes left to undo, so it is not deleted: "janus recover plan ${at}" shows them, "janus recover apply ${at}" undoes them.`,
  );
}

async function refuseOthersFinalizers({ client }: Cluster, transaction: Transaction, title: string): Promise<void> {
  try {
    const { metadata } = await client.get(refOfTransaction(transaction));
    if (metadata.uid !== transaction.metadata.uid) return;
    throw new Fault(`${title} is not gone yet: ${(metadata.finalizers ?? []).join(', ')} keep it, and are not Janus's to take off.`);
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
}

async function unlessGone(deleting: Promise<unknown>): Promise<void> {
  try {
    await deleting;
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
}
