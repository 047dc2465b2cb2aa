import type { KubeList, KubeObject, ObjectRef, ResourceKind } from './object.ts';

/** On whose behalf a request is sent; absent means as ourselves. */
export interface Identity {
  readonly user: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  /** Sent as `Impersonate-Extra-<key>`; keys are percent-encoded on the wire. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What every request can carry. */
export interface RequestOptions {
  readonly as?: Identity;
  readonly signal?: AbortSignal;
  /** Milliseconds until we give up on the answer; also sent to the server as `timeout`. Default 15,000. */
  readonly timeoutMs?: number;
}

export interface WriteOptions extends RequestOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  /** `Strict` makes unknown fields an error, `Warn` a warning, `Ignore` neither. */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  readonly force?: boolean;
}

export interface DeleteOptions extends RequestOptions {
  readonly dryRun?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
}

export interface ListOptions extends RequestOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Page size; the client follows `continue` by itself and returns the whole list. */
  readonly limit?: number;
  /** Only the objects that this says yes to are kept; the others go with their page. */
  readonly keep?: (object: KubeObject) => boolean;
  /** Only what is in `metadata` of each object: what a list of Secrets need not carry. */
  readonly metadataOnly?: boolean;
}

/** One JSON Patch operation (RFC 6902). */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

export type PatchBody =
  | { readonly type: 'json'; readonly operations: readonly JsonPatchOperation[] }
  | { readonly type: 'merge'; readonly patch: unknown }
  | { readonly type: 'strategic'; readonly patch: unknown };

/** What the server answered to a write. */
export interface Written<T extends KubeObject = KubeObject> {
  readonly object: T;
  /** HTTP status 201: the object did not exist before. */
  readonly created: boolean;
  /** The server's `Warning` headers. */
  readonly warnings: readonly string[];
}

/**
 * An API server as typed verbs. Every method throws `ApiError` (kube/errors.ts) for an answer that is not 2xx, and
 * `TransportError` when no answer came (the request may still have taken effect). Nothing is retried here.
 */
export interface KubeClient {
  get<T extends KubeObject = KubeObject>(ref: ObjectRef, options?: RequestOptions): Promise<T>;
  list<T extends KubeObject = KubeObject>(kind: ResourceKind, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject = KubeObject>(ref: ObjectRef, object: KubeObject, options?: WriteOptions): Promise<Written<T>>;
  /** PUT. Carries whatever resourceVersion the object has. `subresource` such as `status`. */
  update<T extends KubeObject = KubeObject>(
    ref: ObjectRef,
    object: KubeObject,
    options?: WriteOptions & { readonly subresource?: string },
  ): Promise<Written<T>>;
  patch<T extends KubeObject = KubeObject>(
    ref: ObjectRef,
    body: PatchBody,
    options?: WriteOptions & { readonly subresource?: string },
  ): Promise<Written<T>>;
  /** Server-side apply. */
  apply<T extends KubeObject = KubeObject>(ref: ObjectRef, object: KubeObject, options: ApplyOptions): Promise<Written<T>>;
  /** Returns the object as the server last had it, or undefined where the server answered with a bare Status. */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<KubeObject | undefined>;
  /** Anything else, for example a `SubjectAccessReview` or `/version`. `path` is absolute, without host. */
  raw<T>(method: string, path: string, body?: unknown, options?: RequestOptions): Promise<T>;
}
