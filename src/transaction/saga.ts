import { transactionDefaults } from '../api/transaction-settings.ts';
import { isApiError, isTransient } from '../kube/errors.ts';
import { commit } from './commit.ts';
import type { Run } from './context.ts';
import { ChangeFailedError, ImpossibleError, PlanFaultError, StopReason, UnenforcedError } from './fault.ts';
import { firstRecord } from './first-record.ts';
import { rememberKnown } from './foreign-writes.ts';
import { ItemProgress } from './item-progress.ts';
import { imagesOfRelocked, letGo, prepare } from './prepare.ts';
import type { Pass } from './pass.ts';
import type { Plan } from './plan.ts';
import type { SagaRecord } from './record.ts';
import { RecordTakenError, type StoredRecord } from './record-store.ts';
import { relockEach } from './relock.ts';
import type { Reporter } from './reporter.ts';
import { resolve, sourceOf } from './resolve.ts';
import { rollBack, takeBack, type Next } from './roll-back.ts';
import { settle } from './settle.ts';
import { endIfBroken, takeOverCommit } from './take-over.ts';
import { Work } from './work.ts';

/**
 * Carries a sealed transaction from where it stands to its end: resolve, preflight, record, lock, before-images, commit,
 * settle, unlock; or back. Where it stands is told by its record alone.
 * @param stored its record, or undefined when it has not begun
 * @throws RecordTakenError when another executor leads it; UnenforcedError; StopReason at shutdown; transient errors, to be tried again
 */
export async function goForward(pass: Pass, stored: StoredRecord | undefined): Promise<Next> {
  const { context, transaction, reporter, shutdown, term } = pass;
  const settings = transactionDefaults(transaction.spec);
  const begun = stored === undefined ? context.now() : Date.parse(stored.record.lockedSince);
  const clock = timeLimit(begun + settings.timeoutMs - context.now(), settings.timeoutMs);
  const run: Run = { context, transaction, settings, term, signal: AbortSignal.any([shutdown, clock.signal]) };
  try {
    return await forward(run, stored, reporter, begun);
  } finally {
    clock.clear();
  }
}

async function forward(run: Run, stored: StoredRecord | undefined, reporter: Reporter, begun: number): Promise<Next> {
  const { context, transaction, settings } = run;
  const { namespace = '', uid = '' } = transaction.metadata;
  const changes = await context.changesOf(namespace, uid);
  const items = new ItemProgress(
    changes.map((change) => change.metadata.name ?? ''),
    transaction.status?.items,
  );
  if (stored === undefined) {
    context.emit({ type: 'begun', of: sourceOf(transaction), items: changes.length });
    reporter.enter('Preparing', items);
  }
  const empty: Plan = { targets: [], changes: [] };
  const first = (plan: Plan): SagaRecord => firstRecord(transaction, settings, plan, begun, run.term);
  let work = new Work(run, stored ?? first(empty), items, () => reporter.refresh(items));
  try {
    const plan = await resolve(context, transaction, changes);
    if (stored === undefined) work = new Work(run, first(plan), items, () => reporter.refresh(items));
    if (plan.changes.length === 0) return finishEmpty(reporter, items);
    if (work.record.phase === 'Committing') await takeOverCommit(work);
    else await prepareAll(work, plan, reporter);
    return await commitAll(work, plan, reporter);
  } catch (error) {
    return abandon(work, error, reporter);
  }
}

/** Everything before the commit: nothing that anybody would notice but the locks. */
async function prepareAll(work: Work, plan: Plan, reporter: Reporter): Promise<void> {
  if (work.recorded) {
    // Nothing was applied yet, so whatever others have done meanwhile is simply how things were.
    await work.swap({ attempt: work.record.attempt + 1, term: work.run.term });
    const { failed } = await relockEach(work);
    // What may not be looked at was not locked: its dry run tells whether an earlier change is to allow it.
    for (const error of failed.values()) if (!isApiError(error, 403)) throw error;
    endIfBroken(work);
    imagesOfRelocked(work, work.live.keys());
  }
  const targets = await prepare(work, plan, [...plan.targets.keys()]);
  work.signal.throwIfAborted();
  const segments = await work.context.records.saveImages(work.record, work.images);
  for (const change of plan.changes) {
    const resourceVersion = work.live.get(change.target)?.object.metadata.resourceVersion;
    work.items.set(change.name, { prepared: true, ...(resourceVersion === undefined ? {} : { resourceVersion }) });
  }
  reporter.enter('Prepared', work.items);
  await work.swap({ phase: 'Committing', targets, images: segments });
  work.trusted = true;
}

async function commitAll(work: Work, plan: Plan, reporter: Reporter): Promise<Next> {
  reporter.enter('Committing', work.items);
  try {
    await commit(work, plan);
    work.signal.throwIfAborted();
    // The proof that nobody could write to what is locked: the configuration is the very one under which the first lock was taken.
    if (!(await work.context.enforcement.confirm(work.record.term))) throw new UnenforcedError();
    await settle(work);
  } catch (error) {
    if (error instanceof UnenforcedError) await rememberKnown(work);
    if (mustStop(work, error)) throw error;
    return rollBack(work, reporter, wordsOf(work, error));
  }
  reporter.enter('Committed', work.items, { endedAt: work.record.endedAt ?? '' });
  return { release: true };
}

function finishEmpty(reporter: Reporter, items: ItemProgress): Next {
  reporter.enter('Committed', items);
  return { release: true };
}

/** Ends a transaction of which nothing has been applied: lets go of every lock, and says why. */
async function abandon(work: Work, error: unknown, reporter: Reporter): Promise<Next> {
  if (mustStop(work, error) || (isTransient(error) && !work.signal.aborted)) throw error;
  if (work.record.phase === 'Committing') return takeBack(work, reporter, wordsOf(work, error));
  if (error instanceof PlanFaultError)
    for (const fault of error.faults) if (fault.change !== '') work.items.set(fault.change, { error: fault.words });
  if (error instanceof ChangeFailedError && error.change !== '') work.items.set(error.change, { error: error.message });
  const outcome = isRefusal(error) || isAskedFor(work.signal) ? 'RolledBack' : 'Failed';
  const because = wordsOf(work, error);
  const of = work.record.transaction;
  if (isTimeout(work.signal)) work.context.emit({ type: 'notice', of, reason: 'Timeout', words: because });
  else if (error instanceof ImpossibleError) work.context.emit({ type: 'notice', of, reason: 'LockFailed', words: because });
  await letGo(work);
  const endedAt = new Date(work.context.now()).toISOString();
  if (work.recorded) await work.swap({ phase: 'RolledBack', outcome, because, endedAt });
  reporter.enter(outcome, work.items, { because, endedAt });
  return { release: true };
}

/** Not ours to end, or not now: another executor leads, locks are not enforced, or we are told to leave it for the next. */
function mustStop(work: Work, error: unknown): boolean {
  const reason: unknown = work.signal.reason;
  if (error instanceof RecordTakenError || error instanceof UnenforcedError) return true;
  return work.signal.aborted && reason instanceof StopReason && reason.why === 'shutdown';
}

function isTimeout(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof StopReason && signal.reason.why === 'timeout';
}

/** A change was refused: nothing is left of the transaction, and nobody is needed. */
function isRefusal(error: unknown): boolean {
  return error instanceof PlanFaultError || error instanceof ChangeFailedError;
}

/** Nothing is left of it, and that is what was asked for. */
function isAskedFor(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof StopReason && signal.reason.why === 'asked';
}

function wordsOf(work: Work, error: unknown): string {
  const reason: unknown = work.signal.reason;
  if (work.signal.aborted && reason instanceof StopReason) return reason.message;
  return error instanceof Error ? error.message : String(error);
}

function timeLimit(ms: number, of: number): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const reason = new StopReason('timeout', `not done within spec.timeout (${String(of / 1000)} s)`);
  // setTimeout takes no more than 2^31-1 ms; a longer timeout than 24 days ends with a restart's new look at the deadline.
  const timer = setTimeout(() => controller.abort(reason), Math.min(Math.max(0, ms), 2 ** 31 - 1));
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
