import { isApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/object.ts';
import { isEmptySet } from '../lock/fields/set.ts';
import { acting, isConflictOrTransient } from './acting.ts';
import { RollbackConflictError } from './fault.ts';
import { LOCK_MANAGER, writtenBy } from './field-manager.ts';
import { giveBack, type Undone } from './give-back.ts';
import { withLabel } from './lock-label.ts';
import { readOrNone } from './read.ts';
import { recreatable } from './recreatable.ts';
import { describeTarget, grantTargetOf, refOf } from './target.ts';
import type { Work } from './work.ts';

/** Makes the object again under its name, with a lock by name, and then gives fields back as for any other. */
export async function recreate(work: Work, index: number, before: KubeObject): Promise<Undone> {
  const target = work.target(index);
  const { object: content } = recreatable(before);
  const created = await acting(
    work.context,
    work.record,
    { action: 'recreate', target: grantTargetOf(target) },
    async (as) => {
      work.createsSent.set(index, work.context.now());
      work.live.delete(index);
      const labelled = withLabel(content, work.label(index));
      try {
        return (await work.context.client.create(refOf(target), labelled, { as, fieldManager: LOCK_MANAGER })).object;
      } catch (error) {
        if (!isApiError(error, 409)) throw error;
        const object = await readOrNone(work, index);
        if (object === undefined) throw error;
        if (work.carriesOurs(index, object)) return object;
        const who = `somebody else created it (uid ${object.metadata.uid ?? ''}) after the transaction deleted it`;
        throw new RollbackConflictError(`${describeTarget(target)} exists again: ${who}`, { cause: error });
      }
    },
    { retryable: isConflictOrTransient },
  );
  return recreated(work, index, before, created);
}

/** Whether an object that carries our label of a creation was made again by a rollback, and not by a change. */
export function isRecreation(work: Work, object: KubeObject): boolean {
  return isEmptySet(writtenBy(work.record.transaction, object));
}

/** What is left to do once the object is there again. */
export async function recreated(work: Work, index: number, before: KubeObject, created: KubeObject): Promise<Undone> {
  const target = work.target(index);
  const { object: content, lost } = recreatable(before);
  work.live.set(index, { uid: created.metadata.uid ?? '', createdByUs: true, object: created });
  const { inexact } = await giveBack(work, index, content, created, undefined);
  return { inexact: [...lost.map((what) => `${describeTarget(target)}: ${what}`), ...inexact] };
}
