import type { FieldsV1, KubeObject } from '../../kube/object.ts';
import { LOCK_LABEL } from '../label.ts';
import { childOf, isLeaf, LEAF, PRESENCE } from './node.ts';
import { differenceOf } from './set.ts';
import { isMap, own, type JsonMap } from './value.ts';

/** The lock label as a field set: nobody owns it, and no lock or rollback is about it. */
export const LOCK_LABEL_FIELDS: FieldsV1 = { 'f:metadata': { 'f:labels': { [`f:${LOCK_LABEL}`]: {} } } };

// What the server alone writes: it changes with each write, or cannot be put back by anybody.
const KEPT_METADATA: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
]);
const KEPT: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/**
 * What of an object people and controllers write: without status, without the metadata that the server keeps for itself,
 * without the lock label, and without apiVersion and kind, which no field set lists.
 */
export function writtenPart(object: KubeObject): JsonMap {
  const part = Object.fromEntries(Object.entries(object).filter(([name]) => !KEPT.has(name)));
  return { ...part, metadata: writtenMetadata(own(object, 'metadata')) };
}

/** The object without the lock label, and without labels if it was the only one; itself if it carries none. */
export function withoutLock(object: KubeObject): KubeObject {
  const metadata = own(object, 'metadata');
  if (own(own(metadata, 'labels'), LOCK_LABEL) === undefined || !isMap(metadata)) return object;
  const { labels: _labels, ...rest } = metadata;
  return { ...object, metadata: { ...rest, ...otherLabels(metadata) } };
}

/**
 * What a field set means for a lock: without the lock label, and with a bare `metadata.labels` or `metadata.annotations`
 * meaning only that there are some. As a leaf it would stand for all labels, the lock and other people's with it.
 */
export function meaningOf(fields: FieldsV1): FieldsV1 {
  const metadata = childOf(fields, 'f:metadata');
  const [labels, annotations] = [childOf(metadata, 'f:labels'), childOf(metadata, 'f:annotations')];
  const bare = (node: FieldsV1 | undefined): boolean => node !== undefined && isLeaf(node);
  if (metadata === undefined || (!bare(labels) && !bare(annotations)))
    return childOf(labels, `f:${LOCK_LABEL}`) === undefined ? fields : differenceOf(fields, LOCK_LABEL_FIELDS);
  const meant = {
    ...metadata,
    ...(bare(labels) ? { 'f:labels': PRESENCE } : {}),
    ...(bare(annotations) ? { 'f:annotations': PRESENCE } : {}),
  };
  return differenceOf({ ...fields, 'f:metadata': meant }, LOCK_LABEL_FIELDS);
}

function writtenMetadata(metadata: unknown): JsonMap {
  if (!isMap(metadata)) return LEAF;
  const written = Object.entries(metadata).filter(([name]) => !KEPT_METADATA.has(name) && name !== 'labels');
  return { ...Object.fromEntries(written), ...otherLabels(metadata) };
}

function otherLabels(metadata: JsonMap): { readonly labels?: Readonly<Record<string, string>> } {
  const labels = own(metadata, 'labels');
  if (!isMap(labels)) return {};
  const others = Object.entries(labels).filter(([name]) => name !== LOCK_LABEL);
  return others.length === 0 ? {} : { labels: Object.fromEntries(others) as Record<string, string> };
}
