import { isApiError } from '../kube/errors.ts';
import { inParallel } from '../kube/limit.ts';
import { pause } from '../kube/pause.ts';
import { isJudge } from './deferral.ts';
import { LostLockError, RollbackConflictError, UnenforcedError } from './fault.ts';
import { readOrNone } from './read.ts';
import type { SagaTarget } from './record.ts';
import { removeCreated } from './remove-created.ts';
import { describeTarget } from './target.ts';
import { undo } from './undo.ts';
import type { Work } from './work.ts';

/** Paths that are told by name. */
const INEXACT_MAX = 500;

/** How a rollback ended. */
export interface RolledBack {
  /** Objects that could not be undone yet; they keep their locks, and are tried again. */
  readonly unfinished: readonly string[];
  /** Objects that were left as they are, since somebody else has changed them. */
  readonly conflicts: readonly string[];
}

/**
 * Undoes everything, last order first, one order in parallel, each object under its lock. What others have changed since
 * is left as it is and named; what fails keeps its lock. The record's targets say afterwards what became of each.
 * @throws UnenforcedError
 */
export async function rollback(work: Work): Promise<RolledBack> {
  const undone = new Map<number, Partial<SagaTarget>>();
  const inexact: string[] = [...(work.record.inexact ?? [])];
  const unfinished: string[] = [];
  const orders = fromLast(work.record.targets);
  for (const [at, indexes] of orders.entries()) {
    const outcomes = await inParallel(indexes, work.context.settings.concurrency, async (index) => {
      if (work.target(index).undone === true || work.target(index).conflict !== undefined) return;
      const blocked = work.blocked.get(index);
      if (blocked !== undefined) throw new Error(blocked);
      inexact.push(...(await undo(work, index)).inexact);
    });
    const unenforced = outcomes.find((outcome) => outcome.status === 'rejected' && outcome.reason instanceof UnenforcedError);
    if (unenforced?.status === 'rejected') throw unenforced.reason;
    for (const outcome of outcomes) {
      const target = work.target(outcome.item);
      if (outcome.status === 'fulfilled') {
        if (target.conflict === undefined) undone.set(outcome.item, { undone: true });
        tell(work, target, target.conflict);
        continue;
      }
      const words = (outcome.reason as Error).message;
      if (isConflict(outcome.reason)) undone.set(outcome.item, { conflict: words });
      else unfinished.push(`${describeTarget(target)}: ${words}`);
      tell(work, target, isConflict(outcome.reason) ? words : undefined, words);
    }
    work.changed();
    // What depends on an object that could not be undone may need it: an earlier order waits for the later ones.
    if (unfinished.length > 0) break;
    const left = orders.slice(at + 1).flat();
    // What allowed a Create is taken back only once that cannot land any more.
    if (left.some((index) => isJudge(work.target(index).kind))) await untilNoCreateCanLand(work, indexes);
    // And what was made first may be what allows us to look at the rest: by then that is on record.
    const somethingNew = indexes.some((index) => undone.has(index) && work.target(index).undone !== true);
    if (somethingNew && left.length > 0) await work.swap({ targets: withOutcomes(work, undone), inexact: atMost(inexact, INEXACT_MAX) });
  }
  if (unfinished.length === 0) await untilNoCreateCanLand(work, orders.flat());
  const targets = withOutcomes(work, undone);
  await work.swap({ targets, inexact: atMost(inexact, INEXACT_MAX) });
  return { unfinished, conflicts: targets.flatMap((target) => (target.conflict === undefined ? [] : [target.conflict])) };
}

/** The first of a list, and how many more there are: the record and the status have to hold it. */
function atMost(words: readonly string[], most: number): readonly string[] {
  return words.length <= most ? words : [...words.slice(0, most), `and ${String(words.length - most)} more`];
}

function withOutcomes(work: Work, outcomes: ReadonlyMap<number, Partial<SagaTarget>>): readonly SagaTarget[] {
  return work.record.targets.map((target, index) => ({ ...target, ...outcomes.get(index) }));
}

function isConflict(reason: unknown): boolean {
  return reason instanceof RollbackConflictError || reason instanceof LostLockError;
}

function tell(work: Work, target: SagaTarget, conflict: string | undefined, words?: string): void {
  const result = conflict !== undefined ? 'conflict' : words !== undefined ? 'error' : 'ok';
  for (const change of target.changes) {
    const item = work.items.get(change.name);
    if (result === 'ok') {
      if (item?.committed === true) work.items.set(change.name, { rolledBack: true });
    } else work.items.set(change.name, { error: conflict === undefined ? (words ?? '') : `conflict: ${conflict}` });
    if (item?.committed !== true && result === 'ok') continue;
    const said = conflict ?? words;
    work.context.emit({
      type: 'item',
      of: work.record.transaction,
      change: change.name,
      operation: 'rollback',
      result,
      object: describeTarget(target),
      ...(said === undefined ? {} : { words: said }),
    });
  }
}

/** Targets by the order of their last change, the last first: what was made last may stand on what was made before. */
function fromLast(targets: readonly SagaTarget[]): readonly (readonly number[])[] {
  const orders = new Map<number, number[]>();
  for (const [index, target] of targets.entries()) {
    const order = target.changes.at(-1)?.order ?? 0;
    orders.set(order, [...(orders.get(order) ?? []), index]);
  }
  return [...orders].sort(([a], [b]) => b - a).map(([, indexes]) => indexes);
}

/**
 * A Create whose answer was lost may still be on its way, and that the name is free now proves nothing. Waits until it
 * can no longer land, then removes what has appeared with our label.
 */
async function untilNoCreateCanLand(work: Work, indexes: readonly number[]): Promise<void> {
  const lost = indexes.filter((index) => work.lostCreates.has(index));
  if (lost.length === 0) return;
  const last = Math.max(...lost.map((index) => work.createsSent.get(index) ?? 0));
  const until = last + work.context.settings.createLandsWithinMs;
  await pause(Math.max(0, until - work.context.now()));
  for (const index of lost) {
    const object = await readOrNone(work, index).catch((error: unknown) => {
      // What allowed us to look was taken back after this had been looked at.
      if (isApiError(error, 403) && work.target(index).undone === true) return undefined;
      throw error;
    });
    if (object === undefined || !work.isCreationOfOurs(index, object)) continue;
    work.live.set(index, { uid: object.metadata.uid ?? '', createdByUs: true, object });
    await removeCreated(work, index, object.metadata.uid ?? '');
  }
  for (const index of lost) work.lostCreates.delete(index);
}
