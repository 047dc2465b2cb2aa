/** Who sent the request that is under review, as the API server authenticated (or impersonated) them. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** An object of any kind as a review carries it: nothing about its inside is known yet. */
export type ReviewedObject = Readonly<Record<string, unknown>>;

/** The request of an `admission.k8s.io/v1` AdmissionReview whose envelope is well-formed. */
export interface AdmissionRequest {
  readonly uid: string;
  /** Group, version and plural name after conversion to what the webhook's rule asked for. */
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  /** '' for the resource itself. */
  readonly subResource: string;
  /** '' for cluster-scoped kinds. */
  readonly namespace: string;
  /** '' where the name is still to be generated. */
  readonly name: string;
  readonly operation: Operation;
  readonly userInfo: UserInfo;
  readonly object?: ReviewedObject;
  readonly oldObject?: ReviewedObject;
  readonly dryRun: boolean;
  /** The request as it came, for handlers that read more of it. */
  readonly raw: ReviewedObject;
}

/** The body is not a review that can be answered. `uid` is there when the answer can at least be addressed. */
export class MalformedReview extends Error {
  override readonly name = 'MalformedReview';
  readonly uid: string | undefined;

  constructor(message: string, uid?: string) {
    super(message);
    this.uid = uid;
  }
}

const OPERATIONS: readonly string[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];

// API servers send a UUID; anything much longer is not one of theirs.
const LONGEST_UID = 128;

/**
 * Reads the envelope of an `admission.k8s.io/v1` AdmissionReview. The objects inside are only known to be JSON objects.
 * Throws `MalformedReview`.
 */
export function parseAdmissionReview(body: unknown): AdmissionRequest {
  if (!isObject(body)) throw new MalformedReview('The body is not a JSON object.');
  if (own(body, 'apiVersion') !== 'admission.k8s.io/v1' || own(body, 'kind') !== 'AdmissionReview')
    throw new MalformedReview('The body is not an AdmissionReview of admission.k8s.io/v1.');
  const request = own(body, 'request');
  if (!isObject(request)) throw new MalformedReview('The AdmissionReview has no request.');
  const uid = own(request, 'uid');
  if (typeof uid !== 'string' || uid === '' || uid.length > LONGEST_UID) throw new MalformedReview('The request has no usable uid.');
  return parseRequest(request, uid);
}

/** True for a JSON object: not null, not a list. */
export function isObject(value: unknown): value is ReviewedObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A property of the object itself: a key such as `__proto__` or `constructor` finds nothing inherited. */
export function own(object: ReviewedObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function parseRequest(request: ReviewedObject, uid: string): AdmissionRequest {
  const operation = own(request, 'operation');
  if (typeof operation !== 'string' || !OPERATIONS.includes(operation))
    throw new MalformedReview('The request names no known operation.', uid);
  const dryRun = own(request, 'dryRun') ?? false;
  if (typeof dryRun !== 'boolean') throw new MalformedReview('request.dryRun is not a boolean.', uid);
  const object = optionalObject(request, 'object', uid);
  const oldObject = optionalObject(request, 'oldObject', uid);
  return {
    uid,
    resource: parseResource(own(request, 'resource'), uid),
    subResource: text(request, 'subResource', uid),
    namespace: text(request, 'namespace', uid),
    name: text(request, 'name', uid),
    operation: operation as Operation,
    userInfo: parseUser(own(request, 'userInfo'), uid),
    ...(object === undefined ? {} : { object }),
    ...(oldObject === undefined ? {} : { oldObject }),
    dryRun,
    raw: request,
  };
}

function parseResource(resource: unknown, uid: string): AdmissionRequest['resource'] {
  if (!isObject(resource)) throw new MalformedReview('The request names no resource.', uid);
  const name = text(resource, 'resource', uid);
  if (name === '') throw new MalformedReview('The request names no resource.', uid);
  return { group: text(resource, 'group', uid), version: text(resource, 'version', uid), resource: name };
}

/** Reads a `userInfo`; `uid` is that of the review it came with. Throws `MalformedReview`. */
export function parseUser(user: unknown, uid?: string): UserInfo {
  if (!isObject(user)) throw new MalformedReview('The request names no user.', uid);
  const groups = own(user, 'groups') ?? [];
  if (!isStrings(groups)) throw new MalformedReview('userInfo.groups is not a list of strings.', uid);
  const extra = own(user, 'extra') ?? {};
  if (!isObject(extra) || !Object.values(extra).every(isStrings))
    throw new MalformedReview('userInfo.extra is not a map of lists of strings.', uid);
  const userUid = text(user, 'uid', uid);
  return {
    username: text(user, 'username', uid),
    ...(userUid === '' ? {} : { uid: userUid }),
    groups,
    extra: extra as Readonly<Record<string, readonly string[]>>,
  };
}

function optionalObject(request: ReviewedObject, key: string, uid: string): ReviewedObject | undefined {
  const value = own(request, key) ?? undefined;
  if (value !== undefined && !isObject(value)) throw new MalformedReview(`request.${key} is not an object.`, uid);
  return value;
}

function text(object: ReviewedObject, key: string, uid: string | undefined): string {
  const value = own(object, key) ?? '';
  if (typeof value !== 'string') throw new MalformedReview(`${key} is not a string.`, uid);
  return value;
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
