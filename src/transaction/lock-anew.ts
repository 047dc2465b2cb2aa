import { inParallel } from '../kube/limit.ts';
import type { KubeObject } from '../kube/object.ts';
import { isEmptySet } from '../lock/fields/set.ts';
import { leftAsItIs } from './broken-lock.ts';
import { verdictByContent, verdictByPresence, type Verdict } from './changed-since.ts';
import { writtenBy } from './field-manager.ts';
import { acquireLocks, LockHeldError } from './lock.ts';
import { readOrNone } from './read.ts';
import type { SagaTarget } from './record.ts';
import { releaseLocks } from './unlock.ts';
import type { Work } from './work.ts';

/**
 * Locks anew what an ended transaction had touched, and looks whether anybody has changed since what it wrote. What has
 * changed is let go again and left as it is, unless `record.force`; what cannot be locked is noted in `work.blocked`.
 * @param held targets that carry our label already: nobody can have changed those
 * @returns the record's targets with what was found out
 */
export async function lockAnew(work: Work, held: ReadonlySet<number>): Promise<readonly SagaTarget[]> {
  const all = work.record.relock === true;
  const force = work.record.force === true;
  const left = [...work.record.targets.keys()].filter((index) => !held.has(index) && work.target(index).undone !== true);
  // Whoever broke a lock wanted the object free: it is not locked again before somebody forces that.
  const broken = force ? [] : left.filter((index) => work.target(index).broken !== undefined);
  const due = left.filter((index) => !broken.includes(index) && (all || work.target(index).pending === true));
  const found = await look(work, due);
  const verdicts = new Map<number, Verdict>(broken.map((index) => [index, { conflict: leftAsItIs(work.target(index)).message }]));
  for (const [index, object] of found)
    verdicts.set(
      index,
      verdictByPresence(work.target(index), object, force, object !== undefined && !isEmptySet(writtenBy(work.record.transaction, object))),
    );
  const requests = [...found].flatMap(([index, object]) => {
    const { conflict, undone } = verdicts.get(index) ?? {};
    return object === undefined || conflict !== undefined || undone === true ? [] : [{ index, uid: object.metadata.uid ?? '' }];
  });
  for (const { index, uid } of requests) work.tried.set(index, uid);
  const { locked, failures } = await acquireLocks(work.run, work.record, requests);
  for (const { index, error } of failures) {
    work.tried.delete(index);
    block(work, index, error);
  }
  for (const one of locked) {
    work.hold(one);
    verdicts.set(one.index, verdictByContent(work.target(one.index), one.object, force, versions(work, one.index, one.object)));
  }
  await dropConflicting(work, verdicts);
  for (const index of due) if (work.blocked.has(index)) verdicts.set(index, { pending: true });
  return work.record.targets.map((target, index) => withVerdict(target, verdicts.get(index)));
}

/** The objects as they are now; undefined where there is none. What may not be looked at is blocked. */
async function look(work: Work, due: readonly number[]): Promise<ReadonlyMap<number, KubeObject | undefined>> {
  const outcomes = await inParallel(due, work.context.settings.concurrency, (index) => readOrNone(work, index));
  const found = new Map<number, KubeObject | undefined>();
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') found.set(outcome.item, outcome.value);
    else block(work, outcome.item, outcome.reason);
  }
  return found;
}

function block(work: Work, index: number, error: unknown): void {
  const words = error instanceof LockHeldError ? `it is locked by transaction ${error.holder.transaction}` : (error as Error).message;
  work.blocked.set(index, words);
}

async function dropConflicting(work: Work, verdicts: ReadonlyMap<number, Verdict>): Promise<void> {
  const dropped = [...verdicts].flatMap(([index, verdict]) => (verdict.conflict !== undefined && work.live.has(index) ? [index] : []));
  const uids = dropped.map((index) => ({ target: work.target(index), uid: work.live.get(index)?.uid ?? '', createdByUs: false }));
  const failed = await releaseLocks(work.context, work.record, uids);
  for (const index of dropped) {
    work.live.delete(index);
    work.tried.delete(index);
  }
  if (failed[0] !== undefined) throw failed[0].error;
}

/** A new look replaces what an earlier one found. */
function withVerdict(target: SagaTarget, verdict: Verdict | undefined): SagaTarget {
  if (verdict === undefined) return target;
  const { conflict: _conflict, within: _within, pending: _pending, ...rest } = target;
  return { ...rest, ...verdict };
}

function versions(work: Work, index: number, object: KubeObject): string {
  const written = work.items.get(work.target(index).changes.at(-1)?.name ?? '')?.resourceVersion;
  return written === undefined ? '' : ` (resourceVersion ${written} then, ${object.metadata.resourceVersion ?? '?'} with our lock now)`;
}
