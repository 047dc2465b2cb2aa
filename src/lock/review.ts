import type { KubeObject } from '../kube/object.ts';
import type { ObjectIdentity } from './label.ts';

/** Who sent the request, as the API server authenticated or impersonated them. */
export interface ReviewUser {
  readonly username: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

interface ReviewBase {
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  /** '' for the resource itself. */
  readonly subresource: string;
  /** The kind the client sent, where it differs from `kind` by conversion. */
  readonly requestKind?: { readonly group: string; readonly version: string; readonly kind: string };
  /** '' on deletecollection and where the name is still to be generated; `identityOf` knows better. */
  readonly name: string;
  readonly namespace: string;
  readonly dryRun: boolean;
  readonly user: ReviewUser;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** What the decision reads of an AdmissionReview, checked: each operation comes with the objects it must have. */
export type Review =
  | (ReviewBase & { readonly operation: 'CREATE'; readonly object: KubeObject; readonly oldObject?: undefined })
  | (ReviewBase & { readonly operation: 'UPDATE'; readonly object: KubeObject; readonly oldObject: KubeObject })
  | (ReviewBase & { readonly operation: 'DELETE'; readonly object?: undefined; readonly oldObject: KubeObject })
  | (ReviewBase & { readonly operation: 'CONNECT'; readonly object?: KubeObject | undefined; readonly oldObject?: undefined });

/** The review can't be decided, since it is not what an API server sends: to be answered with a denial. */
export class UnreadableReviewError extends Error {
  override readonly name = 'UnreadableReviewError';
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads the `request` of an `admission.k8s.io/v1` AdmissionReview.
 * @throws UnreadableReviewError for anything that is not the form an API server sends.
 */
export function parseReview(request: unknown): Review {
  const members = membersOf(request, 'request');
  const options = optional(members, 'options', membersOf);
  const requestKind = optional(members, 'requestKind', kindOf);
  const base: ReviewBase = {
    kind: kindOf(own(members, 'kind'), 'kind'),
    resource: resourceOf(own(members, 'resource'), 'resource'),
    subresource: textOf(own(members, 'subResource') ?? '', 'subResource'),
    name: textOf(own(members, 'name') ?? '', 'name'),
    namespace: textOf(own(members, 'namespace') ?? '', 'namespace'),
    dryRun: flagOf(own(members, 'dryRun') ?? false, 'dryRun'),
    user: userOf(own(members, 'userInfo'), 'userInfo'),
    ...(requestKind === undefined ? {} : { requestKind }),
    ...(options === undefined ? {} : { options }),
  };
  return withObjects(base, own(members, 'operation'), optional(members, 'object', objectOf), optional(members, 'oldObject', objectOf));
}

/** Which object the request is about. Objects know their names where requests don't: deletecollection, generateName. */
export function identityOf(review: Review): ObjectIdentity {
  const { group, resource } = review.resource;
  const known = review.oldObject ?? review.object;
  const uid = known?.metadata.uid ?? review.object?.metadata.uid;
  // API servers give requests for a Namespace that namespace's own name as their namespace, though it is cluster-scoped.
  const namespace = group === '' && resource === 'namespaces' ? '' : review.namespace;
  const place = { group, resource, namespace, name: known?.metadata.name ?? review.name };
  return uid === undefined || uid === '' ? place : { ...place, uid };
}

function withObjects(base: ReviewBase, operation: unknown, object: KubeObject | undefined, oldObject: KubeObject | undefined): Review {
  switch (operation) {
    case 'CREATE':
      return { ...base, operation, object: present(object, 'object', operation) };
    case 'UPDATE':
      return { ...base, operation, object: present(object, 'object', operation), oldObject: present(oldObject, 'oldObject', operation) };
    case 'DELETE':
      return { ...base, operation, oldObject: present(oldObject, 'oldObject', operation) };
    case 'CONNECT':
      return { ...base, operation, object };
    default:
      throw new UnreadableReviewError('The review names no operation that there is.');
  }
}

function present(object: KubeObject | undefined, name: string, operation: string): KubeObject {
  if (object === undefined) throw new UnreadableReviewError(`A review of ${operation} must carry ${name}, and this one does not.`);
  return object;
}

function objectOf(value: unknown, path: string): KubeObject {
  const object = membersOf(value, path);
  textOf(own(object, 'apiVersion') ?? '', `${path}.apiVersion`);
  textOf(own(object, 'kind') ?? '', `${path}.kind`);
  const metadata = membersOf(own(object, 'metadata'), `${path}.metadata`);
  for (const name of ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'deletionTimestamp']) {
    optional(metadata, name, textOf);
  }
  for (const name of ['labels', 'annotations']) optional(metadata, name, textMapOf);
  optional(metadata, 'finalizers', textsOf);
  for (const name of ['ownerReferences', 'managedFields']) {
    optional(metadata, name, (list) => listOf(list, name).forEach((entry) => membersOf(entry, name)));
  }
  return object as KubeObject;
}

function kindOf(value: unknown, path: string): ReviewBase['kind'] {
  const kind = membersOf(value, path);
  return { ...groupVersionOf(kind, path), kind: wordOf(own(kind, 'kind'), `${path}.kind`) };
}

function resourceOf(value: unknown, path: string): ReviewBase['resource'] {
  const resource = membersOf(value, path);
  return { ...groupVersionOf(resource, path), resource: wordOf(own(resource, 'resource'), `${path}.resource`) };
}

function groupVersionOf(value: Members, path: string): { group: string; version: string } {
  return { group: textOf(own(value, 'group') ?? '', `${path}.group`), version: wordOf(own(value, 'version'), `${path}.version`) };
}

function userOf(value: unknown, path: string): ReviewUser {
  const user = membersOf(value, path);
  const extra = membersOf(own(user, 'extra') ?? {}, `${path}.extra`);
  for (const values of Object.values(extra)) textsOf(values, `${path}.extra`);
  return {
    username: textOf(own(user, 'username') ?? '', `${path}.username`),
    groups: textsOf(own(user, 'groups') ?? [], `${path}.groups`),
    extra: extra as ReviewUser['extra'],
  };
}

// Null is how some clients write "absent": both are read as absent.
function optional<T>(members: Members, name: string, read: (value: unknown, path: string) => T): T | undefined {
  const value = own(members, name) ?? undefined;
  return value === undefined ? undefined : read(value, name);
}

function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function membersOf(value: unknown, path: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable(path, 'an object');
  return value as Members;
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unreadable(path, 'a list');
  return value;
}

function textOf(value: unknown, path: string): string {
  if (typeof value !== 'string') throw unreadable(path, 'a string');
  return value;
}

function wordOf(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw unreadable(path, 'a string that is not empty');
  return value;
}

function flagOf(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw unreadable(path, 'true or false');
  return value;
}

function textsOf(value: unknown, path: string): readonly string[] {
  return listOf(value, path).map((entry) => textOf(entry, path));
}

function textMapOf(value: unknown, path: string): void {
  for (const entry of Object.values(membersOf(value, path))) textOf(entry, path);
}

function unreadable(path: string, wanted: string): UnreadableReviewError {
  return new UnreadableReviewError(`In the review, ${path} must be ${wanted}.`);
}
