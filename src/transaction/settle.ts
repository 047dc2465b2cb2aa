import { afterOf } from './changed-since.ts';
import { writtenBy } from './field-manager.ts';
import type { Held } from './held.ts';
import type { SagaRecord } from './record.ts';
import type { Work } from './work.ts';

/**
 * The commit point: one compare-and-swap of the record. Before it, everything can still be undone and must be, if this
 * process ends; after it, the labels are void, and taking them off is only tidying.
 */
export async function settle(work: Work): Promise<void> {
  const targets = work.record.targets.map((target, index) => {
    const live = work.live.get(index);
    const after = afterOf(target, live, work.images.get(index), live === undefined ? {} : writtenBy(work.record.transaction, live.object));
    return { ...target, after: work.lostCreates.has(index) ? { ...after, unanswered: true } : after };
  });
  await work.swap({ phase: 'Committed', targets, endedAt: new Date(work.context.now()).toISOString() });
}

/** What a committed transaction may still have labels on. */
export function heldAfterCommit(record: SagaRecord): readonly Held[] {
  return record.targets.flatMap((target) => {
    const uid = target.after?.uid;
    return uid === undefined ? [] : [{ target, uid, createdByUs: uid !== target.uid }];
  });
}
