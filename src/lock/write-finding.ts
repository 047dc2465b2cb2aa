import { apiVersionOf, type FieldsV1, type KubeObject } from '../kube/object.ts';
import { memberPaths } from './fields/member-paths.ts';
import { isEmptySet } from './fields/set.ts';
import { takenFields } from './fields/touched-fields.ts';
import type { RecordTarget } from './record.ts';
import type { Review } from './review.ts';
import type { Locks } from './situation.ts';

/** What a write by somebody else would do to a locked object. */
export type WriteFinding =
  /** Nothing that is locked. */
  | { readonly what: 'free' }
  | { readonly what: 'whole-object' }
  | { readonly what: 'deletion' }
  /** The fields are known in `version` only, so in the version of this request all of the object is locked. */
  | { readonly what: 'other-version'; readonly version: string }
  | { readonly what: 'label' }
  | { readonly what: 'owner-references' }
  | { readonly what: 'finalizers' }
  /** Ways past the label, which a guard closes. */
  | { readonly what: 'scale' }
  | { readonly what: 'eviction' }
  | { readonly what: 'name' }
  | { readonly what: 'fields'; readonly paths: readonly string[] }
  /** Something that other objects need, with the words that tell what and which: `can't be deleted: ConfigMap shop/settings in it is`. */
  | { readonly what: 'container'; readonly words: string };

/**
 * Compares a write with what is locked. Values decide, never who owns a field: a write that only changes managedFields takes
 * nothing away from the transaction, which keeps the locked fields in its record.
 *
 * Beside the locked fields nobody changes
 * - `ownerReferences`: a reference to an owner that is gone, or the loss of the last living one, makes the garbage collector
 *   delete the object. Adopting controllers try again after the unlock;
 * - `finalizers` of an object that is being deleted: without the last one it is gone.
 */
export function findingOf(review: Review, locks: Locks, target: RecordTarget | undefined): WriteFinding {
  if (review.operation === 'DELETE') return { what: 'deletion' };
  if (review.operation !== 'UPDATE') return { what: 'whole-object' };
  if (locks.newLabel !== locks.oldLabel) return { what: 'label' };
  if (target?.scope !== 'fields' || target.fields === undefined) return { what: 'whole-object' };
  const { kind, fields } = target;
  if (review.kind.version !== kind.version || review.kind.group !== kind.group)
    return { what: 'other-version', version: apiVersionOf(kind) };
  return besideFields(fields, review.oldObject, review.object);
}

function besideFields(fields: FieldsV1, before: KubeObject, after: KubeObject): WriteFinding {
  const touched = takenFields(fields, before, after);
  if (!isEmptySet(touched)) return { what: 'fields', paths: memberPaths(touched) };
  if (!sameList(before.metadata.ownerReferences, after.metadata.ownerReferences)) return { what: 'owner-references' };
  if (isTerminating(before, after) && !sameList(before.metadata.finalizers, after.metadata.finalizers)) return { what: 'finalizers' };
  return { what: 'free' };
}

function isTerminating(before: KubeObject, after: KubeObject): boolean {
  return (before.metadata.deletionTimestamp ?? after.metadata.deletionTimestamp ?? '') !== '';
}

// Absent, null and empty lists say the same. The API server writes members in one order, so text can be compared.
function sameList(before: readonly unknown[] | undefined | null, after: readonly unknown[] | undefined | null): boolean {
  return JSON.stringify(before ?? []) === JSON.stringify(after ?? []);
}
