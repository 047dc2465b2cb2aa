import type { KubeObject, ManagedFieldsEntry } from '../kube/object.ts';
import { changedFields } from '../lock/fields/changed.ts';
import { isEmptySet } from '../lock/fields/set.ts';
import { lostLockWords } from './broken-lock.ts';
import { bearsOurs } from './field-manager.ts';
import { recreatable } from './recreatable.ts';
import type { SagaTarget } from './record.ts';
import { describeTarget } from './target.ts';
import { writtenOver } from './written-over.ts';

/** What an object that carries no lock of ours tells of a rollback that another process has begun. */
export interface Judgement {
  readonly target: SagaTarget;
  /** What could not be put back exactly, where it was put back. */
  readonly inexact: readonly string[];
}

/**
 * Judges by what is there whether the process that died had put an object back and let it go.
 * @param before what the object was; absent where the transaction had met none, or had not come to it yet
 * @param object what is there now
 */
export function judged(
  transaction: { readonly uid: string },
  target: SagaTarget,
  before: KubeObject | undefined,
  object: KubeObject | undefined,
): Judgement {
  const there = object !== undefined && bearsOurs(transaction, object);
  if (there) return { target: { ...target, conflict: `${lostLockWords(target)}, before it was put back` }, inexact: [] };
  if (before === undefined) return { target: { ...target, undone: true }, inexact: [] };
  // Deleted and not made again yet.
  if (object === undefined) return { target, inexact: [] };
  if (object.metadata.uid === before.metadata.uid) {
    // Without a broken lock nobody can have written between its being put back and its being let go.
    const inexact = target.broken === undefined ? [] : writtenOver(target, before, object);
    return { target: { ...target, undone: true }, inexact };
  }
  if (!isGivenBack(before, object)) {
    const who = `somebody else created it (uid ${object.metadata.uid ?? ''}) after the transaction deleted it`;
    return { target: { ...target, conflict: `${describeTarget(target)} exists again: ${who}` }, inexact: [] };
  }
  const inexact = recreatable(before).lost.map((what) => `${describeTarget(target)}: ${what}`);
  return { target: { ...target, undone: true }, inexact };
}

/**
 * Fields given back to their owners have times from before the object was made anew; whoever creates an object by that name owns
 * them from its creation on. Times are whole seconds: within one second only the values can tell.
 */
function isGivenBack(before: KubeObject, object: KubeObject): boolean {
  const was = before.metadata.managedFields ?? [];
  if (was.length === 0) return true;
  const now = new Set((object.metadata.managedFields ?? []).map(momentOf));
  const kept = was.filter((entry) => now.has(momentOf(entry)));
  const madeAt = object.metadata.creationTimestamp ?? '';
  if (kept.some(({ time = '' }) => time < madeAt)) return true;
  return kept.length > 0 && isEmptySet(changedFields(recreatable(before).object, object));
}

function momentOf({ manager, operation, subresource, time }: ManagedFieldsEntry): string {
  return JSON.stringify([manager, operation, subresource, time]);
}
