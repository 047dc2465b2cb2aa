import { StopReason, UnenforcedError } from './fault.ts';
import { rememberKnown } from './foreign-writes.ts';
import { raiseGuards } from './guard.ts';
import type { Reporter } from './reporter.ts';
import { lockAnew } from './lock-anew.ts';
import { rollback, type RolledBack } from './rollback.ts';
import { takeOverRollback } from './take-over.ts';
import type { Work } from './work.ts';

/** What is to follow when a transaction has come as far as it can for now. */
export interface Next {
  /** It has ended: labels may be left to take off, finalizers to drop. */
  readonly release?: boolean;
  /** A rollback could not be finished; it is tried again by itself. */
  readonly retry?: boolean;
}

/** Undoes a transaction in this very process, under the locks it holds. */
export async function rollBack(work: Work, reporter: Reporter, because: string): Promise<Next> {
  await begin(work, because);
  reporter.enter('RollingBack', work.items, { because });
  return undoAll(work, reporter);
}

async function begin(work: Work, because: string): Promise<void> {
  const { reason } = work.signal as { readonly reason: unknown };
  if (reason instanceof StopReason && reason.why === 'timeout')
    work.context.emit({ type: 'notice', of: work.record.transaction, reason: 'Timeout', words: because });
  await work.swap({ phase: 'RollingBack', because });
}

/** Undoes a transaction that cannot go on. What an earlier process has locked and written is not known here before it is taken over. */
export async function takeBack(work: Work, reporter: Reporter, because: string): Promise<Next> {
  if (work.trusted) return rollBack(work, reporter, because);
  await begin(work, because);
  return resumeRollback(work, reporter);
}

/** Goes on with a rollback that another process, or an earlier try, has begun, or that was asked for after the commit. */
export async function resumeRollback(work: Work, reporter: Reporter): Promise<Next> {
  const { because } = work.record;
  reporter.enter('RollingBack', work.items, because === undefined ? {} : { because });
  const held = await takeOverRollback(work);
  if (work.record.relock === true || work.record.targets.some((target) => target.pending === true)) {
    const targets = await lockAnew(work, held);
    const { relock: _relock, ...record } = work.record;
    await work.replace({ ...record, targets });
  }
  return undoAll(work, reporter);
}

async function undoAll(work: Work, reporter: Reporter): Promise<Next> {
  const { unfinished, conflicts } = await enforced(work);
  const { because = '', inexact = [] } = work.record;
  const left = [...unfinished, ...conflicts];
  const endedAt = new Date(work.context.now()).toISOString();
  if (left.length === 0) {
    await work.swap({ phase: 'RolledBack', endedAt });
    work.context.released.announce(work.record.transaction.uid);
    reporter.enter('RolledBack', work.items, { because, inexact, endedAt });
    return { release: true };
  }
  await work.swap({ phase: 'Failed' });
  const words = `${because === '' ? '' : `${because}; `}could not be undone: ${left.join('; ')}`;
  if (conflicts.length > 0) work.context.emit({ type: 'notice', of: work.record.transaction, reason: 'RollbackPartial', words });
  reporter.enter('Failed', work.items, { because: words, inexact, endedAt, unfinished: unfinished.length > 0 });
  // What could be put back is nobody's to guard any more.
  await raiseGuards(work);
  return unfinished.length > 0 ? { retry: true } : {};
}

/** Undoes what can be undone, sure that what is overwritten is the transaction's own. */
async function enforced(work: Work): Promise<RolledBack> {
  const { enforcement } = work.context;
  try {
    if (!(await enforcement.confirm(work.record.term))) throw new UnenforcedError();
    const done = await rollback(work);
    if (await enforcement.confirm(work.record.term)) return done;
    // Everything is put back by now, and nothing can tell any more what somebody may have written in between.
    const words = 'locks were not enforced for a while during the rollback: what others wrote then may have been undone with it';
    await work.swap({ inexact: [...(work.record.inexact ?? []), words] });
    return done;
  } catch (error) {
    if (error instanceof UnenforcedError) await rememberKnown(work);
    throw error;
  }
}
