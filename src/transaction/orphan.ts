import type { SealedTransaction } from '../api/transaction.ts';
import { API_VERSION } from '../api/group.ts';
import { isApiError } from '../kube/errors.ts';
import type { SagaContext } from './context.ts';
import { dropGuards } from './guard.ts';
import { ItemProgress } from './item-progress.ts';
import { TRANSACTIONS } from './kinds.ts';
import { isOpen, type SagaRecord } from './record.ts';
import { Reporter } from './reporter.ts';
import { resumeRollback } from './roll-back.ts';
import { heldAfterCommit } from './settle.ts';
import { releaseLocks } from './unlock.ts';
import { Work } from './work.ts';

/**
 * The record of a Transaction that is gone: finalizers taken off by hand, or its namespace deleted. What was not yet
 * committed is undone, labels are taken off, and then the record goes too. Nothing hangs, nothing is left.
 */
export async function finishOrphan(context: SagaContext, uid: string, signal?: AbortSignal): Promise<void> {
  const term = await context.enforcement.effective(signal);
  const stored = await context.records.read(uid);
  // A watch may be behind: only the server tells that a Transaction is gone.
  if (stored === undefined || (await isThere(context, stored.record))) return;
  if (isOpen(stored.record)) {
    const transaction = standIn(stored.record);
    const names = stored.record.targets.flatMap((target) => target.changes.map((change) => change.name));
    const items = new ItemProgress(names);
    const reporter = new Reporter(context, transaction, () => undefined);
    const settings = { serviceAccountName: stored.record.serviceAccountName, sealed: true, lockTimeoutMs: 0, timeoutMs: 0 };
    const defaults = { onConflict: 'Wait', foreignWrites: 'Deny', irreversible: 'Allow' } as const;
    const run = { context, transaction, settings: { ...settings, ...defaults }, term, signal: new AbortController().signal };
    const work = new Work(run, stored, items, () => undefined);
    const again = stored.record.phase === 'Failed' ? { relock: true } : {};
    await work.swap({ phase: 'RollingBack', because: 'the transaction was deleted before its end', ...again });
    const next = await resumeRollback(work, reporter);
    await reporter.mirror.flush();
    if (next.release !== true) return;
  } else if (stored.record.phase === 'Committed') {
    const failed = await releaseLocks(context, stored.record, heldAfterCommit(stored.record));
    if (failed[0] !== undefined) throw failed[0].error;
  }
  context.released.announce(uid);
  await dropGuards(context, uid);
  await context.records.remove(uid);
}

async function isThere({ client }: SagaContext, { transaction: { namespace, name, uid } }: SagaRecord): Promise<boolean> {
  try {
    return (await client.get({ kind: TRANSACTIONS, namespace, name })).metadata.uid === uid;
  } catch (error) {
    if (isApiError(error, 404)) return false;
    throw error;
  }
}

function standIn(record: SagaRecord): SealedTransaction {
  const { namespace, name, uid } = record.transaction;
  return {
    apiVersion: API_VERSION,
    kind: 'Transaction',
    metadata: { namespace, name, uid },
    spec: { serviceAccountName: record.serviceAccountName, sealed: true },
  };
}
