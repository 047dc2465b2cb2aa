import { asObject, asText } from './fault.ts';
import type { Fault } from './fault.ts';
import { LOCK_LABEL } from './group.ts';
import type { ChangeType } from './resource-change.ts';
import { groupOf } from './target-validation.ts';
import type { RawTarget } from './target-validation.ts';

/** Metadata that only the API server sets, and what to do about each. */
const SERVER_METADATA: ReadonlyMap<string, string> = new Map([
  ['uid', 'is set by the API server; leave it out'],
  ['resourceVersion', 'is set by the API server; leave it out: the lock already keeps others from changing the object'],
  ['managedFields', 'is kept by the API server; leave it out'],
  ['generateName', 'cannot be used, since a change names its object in spec.target.name; leave it out'],
]);

/**
 * What is wrong with the content of a change, apart from its shape. `namespace` is the one that the target is in; undefined if that is
 * not known.
 */
export function contentFaults(
  content: unknown,
  type: ChangeType | undefined,
  target: RawTarget,
  namespace: string | undefined,
): readonly Fault[] {
  if (type === 'Delete') return content === undefined ? [] : [{ field: 'spec.content', message: 'is forbidden for Delete; leave it out' }];
  if (content === undefined) return type === undefined ? [] : [{ field: 'spec.content', message: `is required for ${type}` }];
  const object = asObject(content);
  if (object === undefined) return [];
  return [
    ...identityFaults(object, type, target),
    ...metadataFaults(object.metadata, target, namespace),
    ...emptinessFaults(object, type, target),
  ];
}

// Update replaces the object by the content: without apiVersion and kind it is most likely a patch under the wrong type.
function identityFaults(object: Readonly<Record<string, unknown>>, type: ChangeType | undefined, target: RawTarget): readonly Fault[] {
  return ['apiVersion', 'kind'].flatMap((key) => {
    if (object[key] !== undefined) return mismatch(`spec.content.${key}`, object[key], `spec.target.${key}`, target[key]);
    if (type !== 'Update') return [];
    return [
      {
        field: `spec.content.${key}`,
        message: 'is required for Update, which replaces the whole object; to set some fields use type Patch',
      },
    ];
  });
}

function metadataFaults(metadata: unknown, target: RawTarget, namespace: string | undefined): readonly Fault[] {
  if (metadata === undefined) return [];
  const object = asObject(metadata);
  if (object === undefined) return [{ field: 'spec.content.metadata', message: 'must be an object' }];
  const labels = asObject(object.labels);
  return [
    ...mismatch('spec.content.metadata.name', object.name, 'spec.target.name', target.name),
    ...(object.namespace === '' ? [] : mismatch('spec.content.metadata.namespace', object.namespace, "the target's namespace", namespace)),
    ...[...SERVER_METADATA]
      .filter(([key]) => Object.hasOwn(object, key))
      .map(([key, message]) => ({ field: `spec.content.metadata.${key}`, message })),
    ...(labels !== undefined && Object.hasOwn(labels, LOCK_LABEL)
      ? [
          {
            field: `spec.content.metadata.labels['${LOCK_LABEL}']`,
            message: 'is the lock itself, which only Janus may write; leave it out',
          },
        ]
      : []),
  ];
}

function mismatch(field: string, value: unknown, expectedField: string, expected: unknown): readonly Fault[] {
  if (value === undefined || value === expected) return [];
  if (typeof value !== 'string') return [{ field, message: 'must be a string' }];
  return asText(expected) === undefined ? [] : [{ field, message: `must be the same as ${expectedField}: ${String(expected)}` }];
}

function emptinessFaults(object: Readonly<Record<string, unknown>>, type: ChangeType | undefined, target: RawTarget): readonly Fault[] {
  if (type !== 'Patch') return [];
  const payload = Object.keys(object).filter((key) => key !== 'apiVersion' && key !== 'kind');
  if (payload.length === 1 && payload[0] === 'status' && keepsStatusApart(asText(target.apiVersion))) {
    return [
      { field: 'spec.content', message: 'holds only status, which a write to the object ignores; a transaction cannot change status' },
    ];
  }
  return [];
}

// Every built-in kind with a status has it behind a subresource. A custom resource may not; the dry run finds out.
function keepsStatusApart(apiVersion: string | undefined): boolean {
  if (apiVersion === undefined) return false;
  const group = groupOf(apiVersion);
  return !group.includes('.') || group.endsWith('.k8s.io');
}
