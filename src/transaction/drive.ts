import { AUTOMATIC_ROLLBACK_ANNOTATION, REQUEST_ROLLBACK_ANNOTATION, RETRY_ROLLBACK_ANNOTATION } from '../api/group.ts';
import type { SealedTransaction, Transaction } from '../api/transaction.ts';
import { transactionDefaults } from '../api/transaction-settings.ts';
import { annotated, dropAnnotation } from './asking.ts';
import type { SagaContext } from './context.ts';
import { release, tellEnd } from './ending.ts';
import { recordedProgress } from './recorded-progress.ts';
import type { SagaRecord } from './record.ts';
import type { StoredRecord } from './record-store.ts';
import { Reporter } from './reporter.ts';
import { sourceOf } from './resolve.ts';
import { resumeRollback, type Next } from './roll-back.ts';
import { goForward } from './saga.ts';
import { isEnded } from './status.ts';
import { Work } from './work.ts';

/** What one pass over a transaction left to do. */
export interface Driven {
  /** The Transaction as last written. */
  readonly latest: Transaction;
  /** A rollback could not be finished: to be tried again after a while. */
  readonly retry: boolean;
}

/**
 * One pass over a transaction: reads its record, and does whatever that says is next until the transaction rests. Safe to
 * be ended at any moment and begun again anywhere.
 */
export async function drive(
  context: SagaContext,
  transaction: SealedTransaction,
  shutdown: AbortSignal,
  report: (error: unknown) => void,
): Promise<Driven> {
  const reporter = new Reporter(context, transaction, report);
  const stored = await context.records.read(transaction.metadata.uid ?? '');
  let next: Next;
  try {
    next = await step(context, transaction, stored, reporter, shutdown);
  } finally {
    await reporter.mirror.flush();
  }
  if (next.release === true) await release(context, reporter.mirror.latest);
  return { latest: reporter.mirror.latest, retry: next.retry === true };
}

/** Which way it goes: decided from the record, and from what people ask for by annotations or by deleting. */
async function step(
  context: SagaContext,
  transaction: SealedTransaction,
  stored: StoredRecord | undefined,
  reporter: Reporter,
  shutdown: AbortSignal,
): Promise<Next> {
  const deleting = transaction.metadata.deletionTimestamp !== undefined;
  if (stored === undefined) return withoutRecord(context, transaction, reporter, shutdown, deleting);
  const { phase } = stored.record;
  if (phase === 'Preparing' || phase === 'Committing') {
    if (!deleting) return goForward(context, transaction, stored, reporter, shutdown);
    context.emit({
      type: 'notice',
      of: sourceOf(transaction),
      reason: 'DeletionRollback',
      words: 'the transaction is being deleted before its end: rolling back',
    });
    return backFrom(context, transaction, stored, reporter, shutdown, { because: 'the transaction was deleted before its end' });
  }
  if (phase === 'Committed') return afterCommit(context, transaction, stored, reporter, shutdown, deleting);
  if (phase === 'RollingBack') return backFrom(context, transaction, stored, reporter, shutdown, {});
  if (phase === 'Failed') return retryFailed(context, transaction, stored, reporter, shutdown, deleting);
  return atRest(transaction, stored.record, reporter);
}

async function withoutRecord(
  context: SagaContext,
  transaction: SealedTransaction,
  reporter: Reporter,
  shutdown: AbortSignal,
  deleting: boolean,
): Promise<Next> {
  const ended = isEnded(transaction.status?.phase);
  if (ended && annotated(transaction, REQUEST_ROLLBACK_ANNOTATION)) {
    const words = 'its record is gone (history is kept for a limited time): there is nothing left to roll back from';
    context.emit({ type: 'notice', of: sourceOf(transaction), reason: 'RecoveryBlocked', words });
    await dropAnnotation(context, transaction, REQUEST_ROLLBACK_ANNOTATION);
  }
  if (ended || deleting) return { release: true };
  return goForward(context, transaction, undefined, reporter, shutdown);
}

async function afterCommit(
  context: SagaContext,
  transaction: SealedTransaction,
  stored: StoredRecord,
  reporter: Reporter,
  shutdown: AbortSignal,
  deleting: boolean,
): Promise<Next> {
  if (deleting || !annotated(transaction, REQUEST_ROLLBACK_ANNOTATION)) return atRest(transaction, stored.record, reporter);
  context.emit({
    type: 'notice',
    of: sourceOf(transaction),
    reason: 'RequestRollback',
    words: 'rollback of a committed transaction was requested',
  });
  return backFrom(
    context,
    transaction,
    stored,
    reporter,
    shutdown,
    { because: 'rollback was requested', relock: true, voidThrough: stored.record.attempt },
    REQUEST_ROLLBACK_ANNOTATION,
  );
}

async function retryFailed(
  context: SagaContext,
  transaction: SealedTransaction,
  stored: StoredRecord,
  reporter: Reporter,
  shutdown: AbortSignal,
  deleting: boolean,
): Promise<Next> {
  const asked = transaction.metadata.annotations?.[RETRY_ROLLBACK_ANNOTATION];
  const waits = stored.record.targets.some((target) => target.undone !== true && target.conflict === undefined);
  if (asked === undefined && !waits) {
    if (deleting)
      context.emit({ type: 'notice', of: sourceOf(transaction), reason: 'ProtectedState', words: conflictWords(stored.record) });
    tellEnd(transaction, stored.record, reporter);
    return {};
  }
  if (asked === undefined && deleting && !annotated(transaction, AUTOMATIC_ROLLBACK_ANNOTATION)) return {};
  const reason = asked === undefined ? 'RecoveryInitiated' : 'RetryRollback';
  context.emit({ type: 'notice', of: sourceOf(transaction), reason, words: 'trying again to undo what a failed rollback has left' });
  const force = asked === 'force';
  return backFrom(
    context,
    transaction,
    stored,
    reporter,
    shutdown,
    { relock: true, ...(force ? { force } : {}) },
    asked === undefined ? undefined : RETRY_ROLLBACK_ANNOTATION,
  );
}

async function backFrom(
  context: SagaContext,
  transaction: SealedTransaction,
  stored: StoredRecord,
  reporter: Reporter,
  shutdown: AbortSignal,
  change: Partial<SagaRecord>,
  annotation?: string,
): Promise<Next> {
  const settings = transactionDefaults(transaction.spec);
  const names = stored.record.targets.flatMap((target) => target.changes.map((one) => one.name));
  const items = recordedProgress(stored.record, transaction.status?.items);
  for (const name of names) items.clearError(name);
  const work = new Work({ context, transaction, settings, signal: shutdown }, stored, items, () => reporter.refresh(items));
  await work.swap({ ...change, phase: 'RollingBack' });
  const next = await resumeRollback(work, reporter);
  // One-shot: off only now, when there is an outcome to be seen.
  if (annotation !== undefined) {
    await reporter.mirror.flush();
    await dropAnnotation(context, transaction, annotation);
  }
  return next;
}

function atRest(transaction: SealedTransaction, record: SagaRecord, reporter: Reporter): Next {
  tellEnd(transaction, record, reporter);
  return { release: true };
}

function conflictWords(record: SagaRecord): string {
  const left = record.targets.flatMap((target) => (target.conflict === undefined ? [] : [target.conflict]));
  return `changes are left that could not be undone: ${left.join('; ')}; see "janus recover plan ${record.transaction.name} -n ${record.transaction.namespace}"`;
}
