import { ApiError, isApiError } from '../kube/errors.ts';
import { retrying } from '../kube/retry.ts';
import { acting, isConflictOrTransient } from './acting.ts';
import { leftAsItIs } from './broken-lock.ts';
import { readOrNone } from './read.ts';
import { grantTargetOf, refOf } from './target.ts';
import type { Work } from './work.ts';

/** Deletes what the transaction created, if it is still that very object. @throws LostLockError if it is not ours any more */
export async function removeCreated(work: Work, index: number, uid: string): Promise<void> {
  const target = work.target(index);
  await acting(
    work.context,
    work.record,
    { action: 'delete', target: grantTargetOf(target, uid) },
    async (as) => {
      const object = await readOrNone(work, index);
      if (object?.metadata.uid !== uid || object.metadata.deletionTimestamp !== undefined) return;
      if (!work.carriesOurs(index, object)) throw leftAsItIs(target);
      const { resourceVersion = '' } = object.metadata;
      try {
        await work.context.client.delete(refOf(target), { as, preconditions: { uid, resourceVersion }, propagationPolicy: 'Background' });
      } catch (error) {
        if (!isApiError(error, 404)) throw error;
      }
    },
    { retryable: isConflictOrTransient, attempts: 8 },
  );
  await untilDeleted(work, index, uid);
}

/** Waits until finalizers have let an object go: only then is its name as free as it was. */
export async function untilDeleted(work: Work, index: number, uid: string): Promise<void> {
  await retrying(
    async () => {
      const object = await readOrNone(work, index);
      if (object?.metadata.uid !== uid) return;
      const finalizers = (object.metadata.finalizers ?? []).join(', ');
      throw new ApiError({ code: 409, reason: 'Conflict', message: `it is still being deleted: finalizers ${finalizers}` });
    },
    { retryable: isConflictOrTransient, deadlineMs: 30_000, maxMs: 1_000 },
  );
  work.live.delete(index);
}
