import type { FieldsV1, KubeObject } from '../kube/object.ts';
import { changedFields } from '../lock/fields/changed.ts';
import { fingerprint } from '../lock/fields/fingerprint.ts';
import { differenceOf, intersectionOf, isEmptySet } from '../lock/fields/set.ts';
import { lockedFields, stateOf, verdictByContent, type Verdict } from './changed-since.ts';
import { writtenBy } from './field-manager.ts';
import { readOrNone } from './read.ts';
import type { SagaTarget } from './record.ts';
import { withoutServerKept } from './server-kept.ts';
import { describeTarget } from './target.ts';
import { releaseLocks } from './unlock.ts';
import type { Work } from './work.ts';

/** Notes what is known of every object, when locks turn out not to be enforced: whoever goes on can then tell who wrote what. */
export async function rememberKnown(work: Work): Promise<void> {
  // What was taken over and not looked at yet is not known: an earlier note is better.
  if (work.record.doubtful === true || !work.trusted) return;
  const words = 'locks were not enforced for a while: what is locked is looked at before it goes on';
  work.context.emit({ type: 'notice', of: work.record.transaction, reason: 'EnforcementLost', words });
  const targets = work.record.targets.map((target, index) => {
    const live = work.live.get(index);
    if (live === undefined) return target;
    return { ...target, known: stateOf(target, live, work.images.get(index), writtenBy(work.record.transaction, live.object)) };
  });
  await work.swap({ targets, doubtful: true });
}

/**
 * Looks, under labels of a new attempt, what others have done to our objects while locks were not enforced. Where somebody has changed what
 * we hold the object is let go and named, never written over; where only something else of it, a rollback will put back no more than
 * we wrote.
 * @param found targets that carry our label
 * @returns what was found, in words
 */
export async function findForeignWrites(work: Work, found: ReadonlySet<number>): Promise<readonly string[]> {
  const verdicts = new Map<number, Verdict>();
  const words: string[] = [];
  for (const [index, target] of work.record.targets.entries()) {
    if (target.undone === true || target.conflict !== undefined || target.broken !== undefined) continue;
    const verdict = found.has(index) ? verdictOn(work, index) : await verdictOnLost(work, index);
    if (verdict.conflict === undefined && verdict.within === undefined) continue;
    verdicts.set(index, verdict);
    words.push(verdict.conflict ?? `${describeTarget(target)} was changed by somebody else while locks were not enforced`);
  }
  const conflicting = [...verdicts].flatMap(([index, { conflict }]) => (conflict !== undefined && found.has(index) ? [index] : []));
  const held = conflicting.flatMap((index) => {
    const live = work.live.get(index);
    return live === undefined ? [] : [{ target: work.target(index), uid: live.uid, createdByUs: live.createdByUs }];
  });
  const targets = work.record.targets.map(({ known: _known, ...target }, index) => ({ ...target, ...verdicts.get(index) }));
  const failed = await releaseLocks(work.context, work.record, held);
  if (failed[0] !== undefined) throw failed[0].error;
  const { doubtful: _doubtful, ...record } = work.record;
  await work.replace({ ...record, targets });
  return words;
}

function verdictOn(work: Work, index: number): Verdict {
  const target = work.target(index);
  const before = work.images.get(index);
  const object = work.live.get(index)?.object;
  if (object === undefined || (before !== undefined && isSame(target, before, object))) return {};
  if (target.known?.fingerprint !== undefined && target.known.uid === object.metadata.uid)
    return named(verdictByContent({ ...target, after: target.known }, object, false, ''));
  return isEmptySet(notOurs(work, target, before, object))
    ? {}
    : { conflict: `${describeTarget(target)} may have been changed while locks were not enforced: it is neither as it was nor all ours` };
}

/** An object without our label. What the transaction itself deletes may be gone; who took the label off anything else is told elsewhere. */
async function verdictOnLost(work: Work, index: number): Promise<Verdict> {
  const target = work.target(index);
  const deletes = target.changes.some((change) => change.type === 'Delete');
  // In a rollback it may be our own: what cannot be written back is made anew.
  if (work.record.phase !== 'Committing' || deletes || !work.images.has(index) || (await readOrNone(work, index)) !== undefined) return {};
  return { conflict: `${describeTarget(target)} was deleted by somebody else while locks were not enforced` };
}

function named({ conflict, ...rest }: Verdict): Verdict {
  return conflict === undefined ? rest : { ...rest, conflict: `${conflict}, while locks were not enforced` };
}

/**
 * What differs from the before-image within the lock and is not owned by the transaction's own managers, where nobody has noted what it wrote.
 * An Update takes fields away, and nobody owns what is not there.
 */
function notOurs(work: Work, target: SagaTarget, before: KubeObject | undefined, object: KubeObject): FieldsV1 {
  const nothing = { apiVersion: object.apiVersion, kind: object.kind, metadata: {} };
  const there = changedFields(nothing, withoutServerKept(object));
  const differing = before === undefined ? there : changedFields(withoutServerKept(before), withoutServerKept(object));
  const fields = lockedFields(target);
  const locked = fields === 'object' ? differing : intersectionOf(differing, fields);
  const replaced = target.changes.some((change) => change.type === 'Update');
  return differenceOf(replaced ? intersectionOf(locked, there) : locked, writtenBy(work.record.transaction, object));
}

function isSame(target: SagaTarget, before: KubeObject, object: KubeObject): boolean {
  const fields = lockedFields(target);
  return fingerprint(withoutServerKept(before), fields) === fingerprint(withoutServerKept(object), fields);
}
