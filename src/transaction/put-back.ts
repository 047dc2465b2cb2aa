import { isApiError } from '../kube/errors.ts';
import type { Identity } from '../kube/client.ts';
import type { FieldsV1, KubeObject } from '../kube/object.ts';
import { restoredObject, restorePatch } from '../lock/fields/restore.ts';
import { acting, isConflictOrTransient } from './acting.ts';
import { leftAsItIs } from './broken-lock.ts';
import { byPatchOrPut } from './by-patch-or-put.ts';
import { LOCK_MANAGER, ownedByOthers } from './field-manager.ts';
import { LOCK_POINTER, withLabel } from './lock-label.ts';
import { readOrNone } from './read.ts';
import { keptByServer } from './server-kept.ts';
import { grantTargetOf, refOf } from './target.ts';
import type { Work } from './work.ts';

/** Sets or removes exactly the locked fields on the live object; what others wrote elsewhere stays. */
export function patchBack(work: Work, index: number, before: KubeObject, current: KubeObject, fields: FieldsV1): Promise<KubeObject> {
  const target = work.target(index);
  const ref = refOf(target);
  return writingOver(work, index, current, async (as, base) => {
    const input = { before, live: base, fields, othersOwn: ownedByOthers(work.record.transaction, base) };
    const operations = restorePatch(input);
    if (operations.length === 0) return base;
    const guard = [
      { op: 'test', path: LOCK_POINTER, value: work.label(index) },
      { op: 'test', path: '/metadata/resourceVersion', value: base.metadata.resourceVersion },
    ] as const;
    const written = await byPatchOrPut(
      target,
      () => work.context.client.patch(ref, { type: 'json', operations: [...guard, ...operations] }, { as, fieldManager: LOCK_MANAGER }),
      () => work.context.client.update(ref, restoredObject(input), { as, fieldManager: LOCK_MANAGER }),
    );
    return written.object;
  });
}

/** Update locked the whole object: the before-image goes back whole, apart from what the cluster's controllers keep there. */
export function putBack(work: Work, index: number, before: KubeObject, current: KubeObject): Promise<KubeObject> {
  const target = work.target(index);
  return writingOver(work, index, current, async (as, base) => {
    const { uid, resourceVersion } = base.metadata;
    const { managedFields: _managed, ...metadata } = before.metadata;
    const next = withLabel(
      {
        ...before,
        metadata: {
          ...keptByServer(metadata, base.metadata),
          ...(uid === undefined ? {} : { uid }),
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
        },
      },
      work.label(index),
    );
    return (await work.context.client.update(refOf(target), next, { as, fieldManager: LOCK_MANAGER })).object;
  });
}

/** Writes over the object as last seen; where it has moved since (a status, a field of others), over what it is by then. */
function writingOver(
  work: Work,
  index: number,
  current: KubeObject,
  write: (as: Identity, base: KubeObject) => Promise<KubeObject>,
): Promise<KubeObject> {
  let base = current;
  let refused = false;
  return acting(
    work.context,
    work.record,
    { action: 'restore', target: grantTargetOf(work.target(index), current.metadata.uid) },
    async (as) => {
      try {
        return await write(as, base);
      } catch (error) {
        if (!isApiError(error, 409, 422)) throw error;
        const fresh = await freshOurs(work, index, error);
        // The very object that was read was refused: it is the content, not a failed test.
        refused = isApiError(error, 422) && fresh.metadata.resourceVersion === base.metadata.resourceVersion;
        base = fresh;
        throw error;
      }
    },
    { retryable: (error) => isConflictOrTransient(error) || (isApiError(error, 422) && !refused), attempts: 8 },
  );
}

/** The object as it is now. @throws LostLockError where it is not ours any more */
async function freshOurs(work: Work, index: number, cause: unknown): Promise<KubeObject> {
  const object = await readOrNone(work, index);
  if (object === undefined || !work.carriesOurs(index, object)) {
    throw leftAsItIs(work.target(index), { cause });
  }
  return object;
}
