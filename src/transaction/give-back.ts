import { isApiError } from '../kube/errors.ts';
import { apiVersionOf, type FieldsV1, type KubeObject, type ManagedFieldsEntry } from '../kube/object.ts';
import { changedFields } from '../lock/fields/changed.ts';
import { restoreOwnership } from '../lock/fields/ownership.ts';
import { restoredObject, unrestoredFields } from '../lock/fields/restore.ts';
import { equalSets, isEmptySet, memberPaths, unionOf } from '../lock/fields/set.ts';
import { acting, isConflictOrTransient } from './acting.ts';
import { lostLockWords } from './broken-lock.ts';
import { byPatchOrPut } from './by-patch-or-put.ts';
import { LostLockError } from './fault.ts';
import { bearsOurs, LOCK_MANAGER, managersOf, ownedByOthers } from './field-manager.ts';
import { LOCK_POINTER, lockOn, withoutLabel } from './lock-label.ts';
import { readOrNone } from './read.ts';
import { keptByServer } from './server-kept.ts';
import { describeTarget, grantTargetOf, refOf } from './target.ts';
import type { Work } from './work.ts';

/** What became of one object in a rollback. */
export interface Undone {
  /** Paths that could not be put back exactly, readable. */
  readonly inexact: readonly string[];
}

/** Takes the lock off and gives every field back to whoever owned it: one write that changes no value. */
export async function giveBack(
  work: Work,
  index: number,
  before: KubeObject,
  restored: KubeObject,
  fields: FieldsV1 | undefined,
): Promise<Undone> {
  const target = work.target(index);
  const ref = refOf(target);
  const label = work.label(index);
  let base: KubeObject = restored;
  let owners: readonly ManagedFieldsEntry[] = [];
  const freed = await acting(
    work.context,
    work.record,
    { action: 'unlock', target: grantTargetOf(target, restored.metadata.uid) },
    async (as) => {
      if (lockOn(base) !== label) return landed(work, index, base);
      owners = ownersAfter(work.record.transaction, before, base, fields, apiVersionOf(target.kind));
      const operations = [
        { op: 'test', path: LOCK_POINTER, value: label },
        { op: 'test', path: '/metadata/resourceVersion', value: base.metadata.resourceVersion },
        { op: 'add', path: '/metadata/managedFields', value: owners },
        { op: 'remove', path: LOCK_POINTER },
      ] as const;
      const plain = withoutLabel(base);
      const unlocked = { ...plain, metadata: { ...plain.metadata, managedFields: owners } };
      try {
        const written = await byPatchOrPut(
          target,
          () => work.context.client.patch(ref, { type: 'json', operations }, { as, fieldManager: LOCK_MANAGER }),
          () => work.context.client.update(ref, unlocked, { as, fieldManager: LOCK_MANAGER }),
        );
        return written.object;
      } catch (error) {
        if (isApiError(error, 409, 422)) base = (await readOrNone(work, index)) ?? base;
        throw error;
      }
    },
    { retryable: (error) => isConflictOrTransient(error) || isApiError(error, 422), attempts: 8 },
  );
  const differences = [...valuesOff(work, before, freed, fields), ...ownersOff(owners, freed)];
  return { inexact: differences.map((what) => `${describeTarget(target)}: ${what}`) };
}

/** The object as it was before, with what others have written to it since: to be made anew where it cannot be written back. */
export function imageAmongOthers(work: Work, index: number, before: KubeObject, live: KubeObject, fields: FieldsV1): KubeObject {
  const { transaction } = work.record;
  const wanted = withoutLabel(restoredObject({ before, live, fields, othersOwn: ownedByOthers(transaction, live) }));
  const managedFields = ownersAfter(transaction, before, live, fields, apiVersionOf(work.target(index).kind));
  return { ...wanted, metadata: { ...wanted.metadata, managedFields } };
}

/** The lock is off already: by an earlier try of this very write whose answer was lost, or by somebody who broke it. */
function landed(work: Work, index: number, object: KubeObject): KubeObject {
  if (!bearsOurs(work.record.transaction, object)) return object;
  const target = work.target(index);
  throw new LostLockError(`${lostLockWords(target)}, after its values were put back: who owns its fields is left as it is`);
}

function ownersAfter(
  transaction: { readonly uid: string },
  before: KubeObject,
  live: KubeObject,
  fields: FieldsV1 | undefined,
  apiVersion: string,
): readonly ManagedFieldsEntry[] {
  const owners = {
    before: before.metadata.managedFields ?? [],
    live: live.metadata.managedFields ?? [],
    ours: managersOf(transaction),
    apiVersion,
  };
  return restoreOwnership({ ...owners, restored: fields ?? unionOf(...owners.before.map((entry) => entry.fieldsV1 ?? {})) });
}

/** Each restored value is checked on the server's answer: what is not as it was is named, never passed over. */
function valuesOff(work: Work, before: KubeObject, after: KubeObject, fields: FieldsV1 | undefined): readonly string[] {
  const was = { ...before, metadata: keptByServer(before.metadata, after.metadata) };
  const othersOwn = ownedByOthers(work.record.transaction, after);
  const off = fields === undefined ? changedFields(was, after) : unrestoredFields({ before: was, live: after, fields, othersOwn });
  return isEmptySet(off) ? [] : memberPaths(off);
}

/** Managers whose fields the server's answer does not tell as they were sent. */
function ownersOff(sent: readonly ManagedFieldsEntry[], after: KubeObject): readonly string[] {
  const told = new Map((after.metadata.managedFields ?? []).map((entry) => [identityOf(entry), entry]));
  return sent.flatMap((entry) => {
    if (entry.fieldsV1 === undefined) return [];
    const now = told.get(identityOf(entry));
    return equalSets(now?.fieldsV1 ?? {}, entry.fieldsV1) ? [] : [`metadata.managedFields of manager "${entry.manager ?? ''}"`];
  });
}

function identityOf({ manager = '', operation = 'Update', apiVersion = '', subresource = '' }: ManagedFieldsEntry): string {
  return JSON.stringify([manager, operation, apiVersion, subresource]);
}
