/** The part of a `metav1.Status` that we read. */
export interface ApiStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly group?: string;
    readonly uid?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  };
}

/** The server answered, and it was not 2xx. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: ApiStatus;

  constructor(status: ApiStatus, options?: ErrorOptions) {
    super(status.message, options);
    this.status = status;
  }

  get code(): number {
    return this.status.code;
  }

  get reason(): string {
    return this.status.reason;
  }
}

/** No answer came: refused, reset, timed out, aborted. A write may have taken effect all the same. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** True only where the request certainly never left us (connection refused, name not found). */
  readonly neverSent: boolean;

  constructor(message: string, options: ErrorOptions & { readonly neverSent: boolean }) {
    super(message, options);
    this.neverSent = options.neverSent;
  }
}

/**
 * The request cannot be sent as it stands: an empty name, a control character in a user name, a namespaced kind without a
 * namespace. Nothing was sent, and trying again unchanged cannot help.
 */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError';
}

/** True for an `ApiError` with one of these HTTP codes. */
export function isApiError(error: unknown, ...codes: readonly number[]): error is ApiError {
  return error instanceof ApiError && (codes.length === 0 || codes.includes(error.code));
}

/** Worth trying again unchanged: no answer, 429, 500, 502, 503, 504, and the 409 that only says "try again". */
export function isTransient(error: unknown): boolean {
  if (error instanceof TransportError) return true;
  if (!(error instanceof ApiError)) return false;
  return error.code === 429 || error.code >= 500 || error.reason === 'ServerTimeout';
}

/**
 * Whether a write that ended so may have taken effect, or may yet: no answer came, or only that the server, or what stands
 * before it, knows of none. Where etcd is slow the API server says 500 or 504 of writes that etcd stores all the same.
 */
export function mayHaveLanded(error: unknown): boolean {
  if (error instanceof TransportError) return !error.neverSent;
  return error instanceof ApiError && error.code >= 500;
}

/** Milliseconds the server asked us to wait, if it did. */
export function retryAfterMs(error: unknown): number | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const seconds = error.status.details?.retryAfterSeconds;
  return seconds === undefined ? undefined : seconds * 1000;
}
