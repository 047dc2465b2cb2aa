import { isApiError } from '../kube/errors.ts';
import { lostLockWords } from './broken-lock.ts';
import { ChangeFailedError, UnenforcedError } from './fault.ts';
import { findForeignWrites } from './foreign-writes.ts';
import { raiseGuards } from './guard.ts';
import { judged } from './judged.ts';
import { readOrNone } from './read.ts';
import type { SagaTarget } from './record.ts';
import { relockEach } from './relock.ts';
import type { Work } from './work.ts';

/** Claims a transaction whose changes are being applied: new attempt, new labels; then every change is simply made again. */
export async function takeOverCommit(work: Work): Promise<void> {
  await claim(work);
  await raiseGuards(work);
  const { found, failed } = await relockEach(work);
  for (const [index, error] of failed) {
    if (!isAheadOfItsRights(work, index, error)) throw error;
    work.unseen.add(index);
  }
  expectLateCreates(work, found);
  const written = await trust(work, found);
  endIfBroken(work);
  if (written.length > 0) throw notOurs(work, written.join('; '));
  for (const [index, target] of work.record.targets.entries()) {
    if (target.deferred === true) work.deferred.add(index);
    for (const name of doneByDeletion(target, work.images.has(index), work.live.get(index)?.uid)) work.done.add(name);
    // Before any change is made, all are prepared.
    for (const { name } of target.changes) work.items.set(name, { prepared: true });
  }
  for (const index of work.images.keys()) {
    if (found.has(index) || (await readOrNone(work, index)) === undefined) continue;
    throw lost(work, work.target(index));
  }
}

/**
 * A transaction of which somebody has broken a lock goes no further, whether the label is off already or not: what it holds
 * of that object is no longer its own.
 * @throws ChangeFailedError
 */
export function endIfBroken(work: Work): void {
  const broken = work.record.targets.find((target) => target.broken !== undefined);
  if (broken !== undefined) throw lost(work, broken);
}

function lost(work: Work, target: SagaTarget): ChangeFailedError {
  return notOurs(work, lostLockWords(target), target.changes[0]?.name);
}

function notOurs(work: Work, words: string, change = ''): ChangeFailedError {
  work.context.emit({ type: 'notice', of: work.record.transaction, reason: 'LockRenewalFailed', words });
  return new ChangeFailedError(change, words);
}

/**
 * Changes that need not be made again and cannot: the object that they were made to has been deleted since, by the chain's own Delete.
 * @param existed whether the transaction has met an object
 * @param uid of the object under our lock, if there is one
 */
export function doneByDeletion({ changes, uid: met }: SagaTarget, existed: boolean, uid: string | undefined): readonly string[] {
  if (!existed || uid === met) return [];
  const deletion = changes.findIndex(({ type }) => type === 'Delete');
  return changes.slice(0, deletion + 1).map(({ name }) => name);
}

/**
 * Claims a transaction that is being rolled back. What carries no label of ours any more was put back and let go before;
 * what may not be looked at, or not be claimed, is noted in `work.blocked`.
 */
export async function takeOverRollback(work: Work): Promise<ReadonlySet<number>> {
  await claim(work);
  await raiseGuards(work);
  const { found, failed } = await relockEach(work);
  const untouched = new Set([...failed].filter(([index, error]) => isAheadOfItsRights(work, index, error)).map(([index]) => index));
  for (const [index, error] of failed) if (!untouched.has(index)) work.blocked.set(index, error.message);
  expectLateCreates(work, found);
  await trust(work, found);
  if (work.record.relock === true) return found;
  const targets: SagaTarget[] = [];
  const inexact = [...(work.record.inexact ?? [])];
  for (const [index, target] of work.record.targets.entries()) {
    const known = target.pending === true || target.undone === true || target.conflict !== undefined;
    if (known || found.has(index) || work.blocked.has(index)) targets.push(target);
    else if (untouched.has(index)) targets.push({ ...target, undone: true });
    else {
      const judgement = judged(work.record.transaction, target, work.images.get(index), await readOrNone(work, index));
      targets.push(judgement.target);
      inexact.push(...judgement.inexact);
    }
  }
  await work.swap({ targets, inexact });
  return found;
}

/** What an earlier change is to allow, and nothing was done to yet: that it may not be looked at says that its order has not come. */
function isAheadOfItsRights(work: Work, index: number, error: Error): boolean {
  return work.target(index).deferred === true && !work.images.has(index) && isApiError(error, 403);
}

async function claim(work: Work): Promise<void> {
  const { record, context, run } = work;
  const doubtful = record.doubtful === true || !context.enforcement.unbroken(record.term);
  work.trusted = false;
  await work.swap({ attempt: record.attempt + 1, term: run.term, ...(doubtful ? { doubtful } : {}) });
  for (const [index, image] of await work.context.records.loadImages(work.record)) work.images.set(index, image);
}

/**
 * What carries our label of the new attempt can be relied on if locks were enforced from the earlier attempt until now; else it is looked at.
 * @returns what others have done to it, in words
 */
async function trust(work: Work, found: ReadonlySet<number>): Promise<readonly string[]> {
  const words = work.record.doubtful === true ? await findForeignWrites(work, found) : [];
  // After the last label is written, and not before: what came in earlier would be taken for ours.
  if (!(await work.context.enforcement.confirm(work.record.term))) {
    await work.swap({ doubtful: true });
    throw new UnenforcedError();
  }
  work.trusted = true;
  return words;
}

/** A Create that was under way when the last executor ended may still land, unless the commit has told that it was answered. */
function expectLateCreates(work: Work, found: ReadonlySet<number>): void {
  const now = work.context.now();
  const { rollingBackSince } = work.record;
  for (const [index, target] of work.record.targets.entries()) {
    // A lock that was broken had been there.
    const answered = target.broken !== undefined || (target.after !== undefined && target.after.unanswered !== true);
    if (found.has(index) || answered || !target.changes.some((change) => change.type === 'Create')) continue;
    work.createsSent.set(index, Math.min(now, rollingBackSince === undefined ? now : Date.parse(rollingBackSince)));
    work.lostCreates.add(index);
  }
}
