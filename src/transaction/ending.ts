import { LEASE_CLEANUP_FINALIZER } from '../api/group.ts';
import type { Phase, SealedTransaction, Transaction } from '../api/transaction.ts';
import { removeFinalizer } from '../kube/finalizer.ts';
import type { SagaContext } from './context.ts';
import { dropGuards } from './guard.ts';
import type { ItemProgress } from './item-progress.ts';
import { recordedProgress } from './recorded-progress.ts';
import { isOpen, type SagaRecord } from './record.ts';
import type { Reporter } from './reporter.ts';
import { refOfTransaction } from './kinds.ts';
import { heldAfterCommit } from './settle.ts';
import { releaseLocks } from './unlock.ts';

/** Says of a transaction that rests what its record says: the process may have been ended before it could. */
export function tellEnd(transaction: SealedTransaction, record: SagaRecord, reporter: Reporter): void {
  const phase = endOf(record);
  if (transaction.status?.phase === phase) return;
  const { because, inexact, endedAt } = record;
  reporter.enter(phase, itemsAtEnd(transaction, record, phase), {
    ...(because === undefined ? {} : { because }),
    ...(inexact === undefined ? {} : { inexact }),
    ...(endedAt === undefined ? {} : { endedAt }),
  });
}

function endOf(record: SagaRecord): Phase {
  if (record.outcome !== undefined) return record.outcome;
  return record.phase === 'Committed' || record.phase === 'RolledBack' ? record.phase : 'Failed';
}

function itemsAtEnd(transaction: SealedTransaction, record: SagaRecord, phase: Phase): ItemProgress {
  const names = record.targets.flatMap((target) => target.changes.map((one) => one.name));
  const items = recordedProgress(record, transaction.status?.items);
  if (phase === 'Committed') for (const name of names) items.set(name, { prepared: true, committed: true });
  if (phase === 'RolledBack') for (const item of items.list()) if (item.committed) items.set(item.name, { rolledBack: true });
  return items;
}

/**
 * Takes off what labels and guards are left (they are void by now), and then the finalizer that says so. `rollback-protection` is
 * people's own: they take it off by hand.
 */
export async function release(context: SagaContext, transaction: Transaction): Promise<void> {
  const uid = transaction.metadata.uid ?? '';
  if (!(transaction.metadata.finalizers ?? []).includes(LEASE_CLEANUP_FINALIZER)) return dropGuards(context, uid);
  const stored = await context.records.read(uid);
  await Promise.all([dropGuards(context, uid), unlockCommitted(context, stored?.record)]);
  if (stored !== undefined && isOpen(stored.record)) return;
  await removeFinalizer(context.client, refOfTransaction(transaction), transaction, LEASE_CLEANUP_FINALIZER);
}

async function unlockCommitted(context: SagaContext, record: SagaRecord | undefined): Promise<void> {
  if (record?.phase !== 'Committed') return;
  const failed = await releaseLocks(context, record, heldAfterCommit(record));
  context.released.announce(record.transaction.uid);
  if (failed[0] !== undefined) throw failed[0].error;
}
