import type { FieldsV1, KubeObject } from '../kube/object.ts';
import { changedFields } from '../lock/fields/changed.ts';
import { isEmptySet, unionOf } from '../lock/fields/set.ts';
import { leftAsItIs } from './broken-lock.ts';
import { RollbackConflictError } from './fault.ts';
import { bearsOurs, writtenBy } from './field-manager.ts';
import { giveBack, imageAmongOthers, type Undone } from './give-back.ts';
import { patchBack, putBack } from './put-back.ts';
import { isRecreation, recreate, recreated } from './recreate.ts';
import { readOrNone } from './read.ts';
import { removeCreated, untilDeleted } from './remove-created.ts';
import { withoutServerKept } from './server-kept.ts';
import { describeTarget } from './target.ts';
import { releaseLocks } from './unlock.ts';
import { writtenOver } from './written-over.ts';
import type { LiveTarget, Work } from './work.ts';

/**
 * Undoes everything the transaction did to one object, under its lock, and takes the lock off. Values first, then, never
 * fused with it, the write that gives the fields back to their earlier owners: fused, the earlier owners would vanish.
 * @throws RollbackConflictError, LostLockError where that would overwrite what somebody else has done
 */
export async function undo(work: Work, index: number): Promise<Undone> {
  const before = work.images.get(index);
  const live = work.live.get(index);
  if (before === undefined) {
    if (live !== undefined && isCreated(work, index, live)) await removeCreated(work, index, live.uid);
    else if (live !== undefined) await releaseOne(work, index, live.uid);
    else if (work.target(index).broken !== undefined) await expectRemoved(work, index);
    return { inexact: [] };
  }
  const current = await readOrNone(work, index);
  if (current === undefined) return recreate(work, index, before);
  if (current.metadata.uid !== before.metadata.uid) return replaced(work, index, before, current);
  if (current.metadata.deletionTimestamp !== undefined) {
    await untilDeleted(work, index, current.metadata.uid ?? '');
    return recreate(work, index, before);
  }
  if (!work.carriesOurs(index, current)) {
    if (bearsOurs(work.record.transaction, current)) throw leftAsItIs(work.target(index));
    // Broken before anything of ours was written, or after all of it was put back, or written over by others since.
    return { inexact: writtenOver(work.target(index), before, current) };
  }
  return restore(work, index, before, current);
}

/** @throws LostLockError where what the transaction created is still there, and somebody has broken its lock */
async function expectRemoved(work: Work, index: number): Promise<void> {
  const object = await readOrNone(work, index);
  if (object !== undefined && !isEmptySet(writtenBy(work.record.transaction, object))) throw leftAsItIs(work.target(index));
}

/** An object without before-image that nothing was written to was there before: its executor died between locking it and saying so. */
function isCreated(work: Work, index: number, live: LiveTarget): boolean {
  return live.createdByUs || work.target(index).after !== undefined || !isEmptySet(writtenBy(work.record.transaction, live.object));
}

async function releaseOne(work: Work, index: number, uid: string): Promise<void> {
  const [failed] = await releaseLocks(work.context, work.record, [{ target: work.target(index), uid, createdByUs: false }]);
  if (failed !== undefined) throw failed.error;
}

/** Another object has the name: one that the transaction made, or made again for an earlier try of this rollback, or a stranger's. */
async function replaced(work: Work, index: number, before: KubeObject, current: KubeObject): Promise<Undone> {
  if (!work.carriesOurs(index, current)) {
    const who = `somebody else created it (uid ${current.metadata.uid ?? ''}) after the transaction deleted it`;
    throw new RollbackConflictError(`${describeTarget(work.target(index))} exists again: ${who}`);
  }
  if (isRecreation(work, current)) return recreated(work, index, before, current);
  await removeCreated(work, index, current.metadata.uid ?? '');
  return recreate(work, index, before);
}

async function restore(work: Work, index: number, before: KubeObject, current: KubeObject): Promise<Undone> {
  const fields = fieldsToRestore(work, index, before, current);
  if (isFrozen(before, current)) {
    const image = fields === undefined ? before : imageAmongOthers(work, index, before, current, fields);
    await removeCreated(work, index, current.metadata.uid ?? '');
    return recreate(work, index, image);
  }
  const restored =
    fields === undefined ? await putBack(work, index, before, current) : await patchBack(work, index, before, current, fields);
  return giveBack(work, index, before, restored, fields);
}

/** `immutable: true` of a ConfigMap or Secret cannot be taken back: only another object can have the data it had. */
function isFrozen(before: KubeObject, current: KubeObject): boolean {
  return current.apiVersion === 'v1' && current['immutable'] === true && before['immutable'] !== true;
}

/**
 * The locked fields, and whatever else our managers turn out to own: a mutating webhook may have written more than the dry
 * run told. Undefined where the object goes back whole.
 */
function fieldsToRestore(work: Work, index: number, before: KubeObject, current: KubeObject): FieldsV1 | undefined {
  const { within, scope, fields } = work.target(index);
  if (within === undefined && scope === 'object') return undefined;
  // Where no dry run could tell the fields all of the object was locked: whatever differs is ours.
  const known = within ?? fields ?? changedFields(withoutServerKept(before), withoutServerKept(current));
  return unionOf(known, writtenBy(work.record.transaction, current));
}
