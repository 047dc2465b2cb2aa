import type { KubeObject, ObjectMeta } from '../kube/object.ts';
import { sameApart } from './fields/same-apart.ts';
import { LOCK_LABEL } from './label.ts';

/** The raw value of the lock label, if the object carries one. */
export function lockLabelOf(object: KubeObject | undefined): string | undefined {
  const labels = object?.metadata.labels ?? {};
  return Object.hasOwn(labels, LOCK_LABEL) ? labels[LOCK_LABEL] : undefined;
}

/**
 * Whether nothing differs but the lock label and what each write changes by itself: generation (of an EndpointSlice with its labels),
 * managedFields, resourceVersion.
 */
export function sameApartFromLabel(before: KubeObject, after: KubeObject): boolean {
  return sameApart(withoutLockLabel(before), withoutLockLabel(after));
}

/** Whether nothing differs but the status and what each write changes by itself: generation, managedFields, resourceVersion. */
export function sameApartFromStatus(before: KubeObject, after: KubeObject): boolean {
  return sameApart(withoutStatus(before), withoutStatus(after));
}

/** The object without these members of its metadata. */
export function withoutMetadata(object: KubeObject, ...names: readonly (keyof ObjectMeta)[]): KubeObject {
  const omitted: readonly string[] = names;
  const metadata: ObjectMeta = Object.fromEntries(Object.entries(object.metadata).filter(([name]) => !omitted.includes(name)));
  return { ...object, metadata };
}

/** The object without these annotations; without any left it is as if there never were any. */
export function withoutAnnotations(object: KubeObject, keys: readonly string[]): KubeObject {
  const rest = Object.entries(object.metadata.annotations ?? {}).filter(([key]) => !keys.includes(key));
  const bare = withoutMetadata(object, 'annotations');
  return rest.length === 0 ? bare : { ...bare, metadata: { ...bare.metadata, annotations: Object.fromEntries(rest) } };
}

function withoutLockLabel(object: KubeObject): KubeObject {
  const rest = Object.entries(object.metadata.labels ?? {}).filter(([key]) => key !== LOCK_LABEL);
  const bare = withoutMetadata(object, 'labels', 'generation');
  return rest.length === 0 ? bare : { ...bare, metadata: { ...bare.metadata, labels: Object.fromEntries(rest) } };
}

function withoutStatus(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = withoutMetadata(object, 'generation');
  return rest;
}
