import { AUTOMATIC_ROLLBACK_ANNOTATION, REQUEST_ROLLBACK_ANNOTATION, RETRY_ROLLBACK_ANNOTATION } from '../api/group.ts';
import type { SealedTransaction, Transaction } from '../api/transaction.ts';
import { transactionDefaults } from '../api/transaction-settings.ts';
import { annotated, ASKED_WORDS, dropAnnotation } from './asking.ts';
import type { SagaContext } from './context.ts';
import { release, tellEnd } from './ending.ts';
import type { Pass } from './pass.ts';
import { recordedProgress } from './recorded-progress.ts';
import type { SagaRecord } from './record.ts';
import type { StoredRecord } from './record-store.ts';
import { ItemProgress } from './item-progress.ts';
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
  /** A rollback could not be finished, or readers not be told: to be tried again after a while. */
  readonly retry: boolean;
}

/**
 * One pass over a transaction: reads its record, and does whatever that says is next until the transaction rests. Safe to
 * be ended at any moment and begun again anywhere. Waits first until locks are enforced.
 */
export async function drive(
  context: SagaContext,
  transaction: SealedTransaction,
  shutdown: AbortSignal,
  report: (error: unknown) => void,
): Promise<Driven> {
  const waiting = (words: string): void =>
    context.emit({ type: 'notice', of: sourceOf(transaction), reason: 'EnforcementLost', words: `waiting, nothing is touched: ${words}` });
  const term = await context.enforcement.effective(shutdown, waiting);
  const reporter = new Reporter(context, transaction, report);
  const stored = await context.records.read(transaction.metadata.uid ?? '');
  let next: Next;
  try {
    next = await step({ context, transaction, reporter, shutdown, term }, stored);
  } finally {
    await reporter.mirror.flush();
  }
  if (next.release === true) await release(context, reporter.mirror.latest);
  return { latest: reporter.mirror.latest, retry: next.retry === true || reporter.mirror.behind };
}

/** Which way it goes: decided from the record, and from what people ask for by annotations or by deleting. */
async function step(pass: Pass, stored: StoredRecord | undefined): Promise<Next> {
  const { context, transaction } = pass;
  const deleting = transaction.metadata.deletionTimestamp !== undefined;
  if (stored === undefined) return withoutRecord(pass, deleting);
  const { phase } = stored.record;
  if (phase === 'Preparing' || phase === 'Committing') {
    if (deleting) {
      const words = 'the transaction is being deleted before its end: rolling back';
      context.emit({ type: 'notice', of: sourceOf(transaction), reason: 'DeletionRollback', words });
      return backFrom(pass, stored, { because: 'the transaction was deleted before its end' });
    }
    if (!annotated(transaction, REQUEST_ROLLBACK_ANNOTATION)) return goForward(pass, stored);
    context.emit({ type: 'notice', of: sourceOf(transaction), reason: 'RequestRollback', words: `${ASKED_WORDS}: rolling back` });
    return backFrom(pass, stored, { because: ASKED_WORDS });
  }
  if (phase === 'Committed') return afterCommit(pass, stored, deleting);
  if (phase === 'RollingBack') return backFrom(pass, stored, {});
  if (phase === 'Failed') return retryFailed(pass, stored, deleting);
  const next = atRest(pass, stored.record);
  await dropAnswered(pass);
  return next;
}

async function withoutRecord(pass: Pass, deleting: boolean): Promise<Next> {
  const { context, transaction } = pass;
  const ended = isEnded(transaction.status?.phase);
  if (annotated(transaction, REQUEST_ROLLBACK_ANNOTATION)) {
    if (!ended && !deleting) return endUnbegun(pass);
    if (transaction.status?.phase !== 'RolledBack') {
      const words = 'its record is gone (history is kept for a limited time): there is nothing left to roll back from';
      context.emit({ type: 'notice', of: sourceOf(transaction), reason: 'RecoveryBlocked', words });
    }
    await dropAnnotation(context, transaction, REQUEST_ROLLBACK_ANNOTATION);
  }
  if (ended || deleting) return { release: true };
  return goForward(pass, undefined);
}

/** Nothing of it was begun, so there is nothing to undo. */
async function endUnbegun(pass: Pass): Promise<Next> {
  const { context, transaction, reporter } = pass;
  const items = new ItemProgress([], transaction.status?.items);
  reporter.enter('RolledBack', items, { because: ASKED_WORDS, endedAt: new Date(context.now()).toISOString() });
  await dropAnswered(pass);
  return { release: true };
}

async function afterCommit(pass: Pass, stored: StoredRecord, deleting: boolean): Promise<Next> {
  const { context, transaction } = pass;
  if (deleting || !annotated(transaction, REQUEST_ROLLBACK_ANNOTATION)) return atRest(pass, stored.record);
  context.emit({
    type: 'notice',
    of: sourceOf(transaction),
    reason: 'RequestRollback',
    words: 'rollback of a committed transaction was requested',
  });
  return backFrom(pass, stored, { because: 'rollback was requested', relock: true, voidThrough: stored.record.attempt });
}

async function retryFailed(pass: Pass, stored: StoredRecord, deleting: boolean): Promise<Next> {
  const { context, transaction, reporter } = pass;
  const asked = transaction.metadata.annotations?.[RETRY_ROLLBACK_ANNOTATION];
  const waits = stored.record.targets.some((target) => target.undone !== true && target.conflict === undefined);
  if (asked === undefined && !waits) {
    if (deleting)
      context.emit({ type: 'notice', of: sourceOf(transaction), reason: 'ProtectedState', words: conflictWords(stored.record) });
    tellEnd(transaction, stored.record, reporter);
    await dropAnswered(pass);
    return {};
  }
  if (asked === undefined && deleting && !annotated(transaction, AUTOMATIC_ROLLBACK_ANNOTATION)) return {};
  const reason = asked === undefined ? 'RecoveryInitiated' : 'RetryRollback';
  context.emit({ type: 'notice', of: sourceOf(transaction), reason, words: 'trying again to undo what a failed rollback has left' });
  const force = asked === 'force';
  return backFrom(pass, stored, { relock: true, ...(force ? { force } : {}) });
}

async function backFrom(pass: Pass, stored: StoredRecord, change: Partial<SagaRecord>): Promise<Next> {
  const { context, transaction, reporter, shutdown, term } = pass;
  const settings = transactionDefaults(transaction.spec);
  const names = stored.record.targets.flatMap((target) => target.changes.map((one) => one.name));
  const items = recordedProgress(stored.record, transaction.status?.items);
  for (const name of names) items.clearError(name);
  const work = new Work({ context, transaction, settings, term, signal: shutdown }, stored, items, () => reporter.refresh(items));
  await work.swap({ ...change, phase: 'RollingBack' });
  const next = await resumeRollback(work, reporter);
  await dropAnswered(pass);
  return next;
}

/**
 * Takes off what asked for a rollback, whichever process has carried it out: one-shot, and off only when there is an outcome
 * to be seen.
 */
async function dropAnswered({ context, transaction, reporter }: Pass): Promise<void> {
  const answered = [REQUEST_ROLLBACK_ANNOTATION, RETRY_ROLLBACK_ANNOTATION].filter((key) => annotated(transaction, key));
  if (answered.length === 0) return;
  await reporter.mirror.flush();
  for (const key of answered) await dropAnnotation(context, transaction, key);
}

function atRest({ transaction, reporter }: Pass, record: SagaRecord): Next {
  tellEnd(transaction, record, reporter);
  return { release: true };
}

function conflictWords(record: SagaRecord): string {
  const left = record.targets.flatMap((target) => (target.conflict === undefined ? [] : [target.conflict]));
  return `changes are left that could not be undone: ${left.join('; ')}; see "janus recover plan ${record.transaction.name} -n ${record.transaction.namespace}"`;
}
