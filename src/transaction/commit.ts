import { inParallel } from '../kube/limit.ts';
import { retrying } from '../kube/retry.ts';
import { carryOut } from './carry-out.ts';
import { ChangeFailedError, UnenforcedError } from './fault.ts';
import { untilHealthy } from './health.ts';
import { batchesOf, type Plan, type PlannedChange } from './plan.ts';
import { imagesOfRelocked, prepare } from './prepare.ts';
import { relock } from './relock.ts';
import { untilTakenUp } from './taken-up.ts';
import { describeTarget } from './target.ts';
import type { Work } from './work.ts';

/**
 * Carries out every change: batch after batch, one batch in parallel, with a health gate after each order where the
 * transaction asks for one. Stops at the first batch in which a change fails.
 * @throws ChangeFailedError
 */
export async function commit(work: Work, plan: Plan): Promise<void> {
  const batches = batchesOf(plan);
  for (const [at, batch] of batches.entries()) {
    work.signal.throwIfAborted();
    await prepareDeferred(work, plan, batch);
    await runBatch(work, plan, batch);
    const next = batches[at + 1];
    if (next === undefined || next[0]?.order !== batch[0]?.order) await gate(work, plan, batch[0]?.order ?? 0);
  }
}

async function runBatch(work: Work, plan: Plan, batch: readonly PlannedChange[]): Promise<void> {
  const outcomes = await inParallel(batch, work.context.settings.concurrency, async (change) => {
    const object = describeTarget(work.target(change.target));
    try {
      await carryOut(work, plan, change);
    } catch (error) {
      // No fault of this change: it is made again.
      if (error instanceof UnenforcedError) throw error;
      const words = (error as Error).message;
      work.items.set(change.name, { error: words });
      work.context.emit({
        type: 'item',
        of: work.record.transaction,
        change: change.name,
        operation: 'commit',
        result: 'error',
        object,
        words,
      });
      throw error;
    }
    const resourceVersion = work.live.get(change.target)?.object.metadata.resourceVersion;
    work.items.set(change.name, { committed: true, ...(resourceVersion === undefined ? {} : { resourceVersion }) });
    work.context.emit({ type: 'item', of: work.record.transaction, change: change.name, operation: 'commit', result: 'ok', object });
  });
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  work.changed();
}

/** What could not be judged at the start is, now that earlier changes are made: dry run, lock and before-image as for the rest. */
async function prepareDeferred(work: Work, plan: Plan, batch: readonly PlannedChange[]): Promise<void> {
  const indexes = [...new Set(batch.map((change) => change.target))].filter((index) => work.deferred.has(index) && !work.images.has(index));
  // A name that this transaction is to create needs no lock, and its dry run would only be the write itself once more.
  const unknown = indexes.filter((index) => work.target(index).changes[0]?.type !== 'Create');
  if (unknown.length === 0) return;
  await takeOverUnseen(work, unknown);
  const targets = await prepare(work, plan, unknown, batch[0]?.order);
  const images = new Map([...work.images].filter(([index]) => unknown.includes(index)));
  const segments = await work.context.records.saveImages(work.record, images);
  const described = new Map(unknown.map((index, at) => [index, targets[at]]));
  await work.swap({
    images: [...(work.record.images ?? []), ...segments],
    targets: work.record.targets.map((target, index) => described.get(index) ?? target),
  });
}

/** An earlier executor may have locked these, and died before it could say so. */
async function takeOverUnseen(work: Work, indexes: readonly number[]): Promise<void> {
  const unseen = indexes.filter((index) => work.unseen.has(index));
  if (unseen.length > 0) await retrying(() => relock(work, unseen), untilTakenUp());
  for (const index of unseen) work.unseen.delete(index);
  imagesOfRelocked(work, indexes);
}

async function gate(work: Work, plan: Plan, order: number): Promise<void> {
  const { health } = work.run.settings;
  if (health === undefined) return;
  const ofOrder = plan.changes.filter((change) => change.order === order && !work.done.has(change.name));
  // Of a chain, what its last change of this order made is to be ready.
  const changes = ofOrder.filter((change, at) => !ofOrder.slice(at + 1).some((later) => later.target === change.target));
  const ill = await untilHealthy(work, changes, health.timeoutMs);
  if (ill !== undefined) throw new ChangeFailedError(ill.change, ill.words);
}
