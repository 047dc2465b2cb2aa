import { InvalidRequestError } from './errors.ts';
import { describeRef } from './object.ts';
import type { ObjectRef, ResourceKind } from './object.ts';

export type QueryValue = string | number | boolean | undefined;

/**
 * Path of one object, optionally of a subresource of it.
 *
 * @throws InvalidRequestError for a name that would make another path of it: a DELETE with an empty name would delete a collection.
 */
export function objectPath(ref: ObjectRef, subresource?: string): string {
  assertSegment(ref.name, `the name of ${describeRef(ref)}`);
  const path = `${collectionPath(ref.kind, namespaceOf(ref))}/${encodeURIComponent(ref.name)}`;
  if (subresource === undefined) return path;
  assertSegment(subresource, 'the subresource');
  return `${path}/${encodeURIComponent(subresource)}`;
}

/** Where an object is created; its name does not matter (it may be generated). */
export function creationPath(ref: ObjectRef): string {
  return collectionPath(ref.kind, namespaceOf(ref));
}

/** Path of all objects of a kind, in one namespace or (without `namespace`) everywhere. */
export function collectionPath(kind: ResourceKind, namespace?: string): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  if (!kind.namespaced || namespace === undefined) return `${root}/${kind.resource}`;
  assertSegment(namespace, 'the namespace');
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${kind.resource}`;
}

/** `path` with the query parameters that have a value. */
export function withQuery(path: string, parameters: Readonly<Record<string, QueryValue>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  if (query.size === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`;
}

/** `deployments.apps`, `configmaps`: how kubectl names a resource in full. */
export function resourceName(kind: Pick<ResourceKind, 'group' | 'resource'>): string {
  return kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
}

function namespaceOf(ref: ObjectRef): string | undefined {
  if (!ref.kind.namespaced) return undefined;
  if (ref.namespace === undefined) throw new InvalidRequestError(`${describeRef(ref)} lives in a namespace, and none was given`);
  return ref.namespace;
}

// The rule of the API server for names that become part of a path (apimachinery's path segment names).
function assertSegment(segment: string, what: string): void {
  if (segment === '') throw new InvalidRequestError(`${what} is empty`);
  if (segment === '.' || segment === '..' || /[/%]/.test(segment)) {
    throw new InvalidRequestError(`${what} is ${JSON.stringify(segment)}, which cannot be part of a path`);
  }
}
