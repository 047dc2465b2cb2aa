import type { JsonPatchOperation } from '../kube/client.ts';
import type { ApiStatus } from '../kube/errors.ts';

/** What a handler says of a request. `rule` names the reason for metrics: a fixed word, never user input. */
export type Verdict = Allowed | Denied;

export interface Allowed {
  readonly allowed: true;
  readonly rule: string;
  /** Only from mutating handlers. */
  readonly patch?: readonly JsonPatchOperation[];
  readonly warnings?: readonly string[];
}

export interface Denied {
  readonly allowed: false;
  readonly rule: string;
  readonly status: ApiStatus;
  readonly warnings?: readonly string[];
  /** What went wrong inside, for the log only. */
  readonly error?: unknown;
}

export function allow(
  rule: string,
  more: { readonly patch?: readonly JsonPatchOperation[]; readonly warnings?: readonly string[] } = {},
): Allowed {
  return { allowed: true, rule, ...more };
}

/** 403: this user may not do this. */
export function forbid(rule: string, message: string): Denied {
  return { allowed: false, rule, status: { code: 403, reason: 'Forbidden', message } };
}

/** 500: we could not find out. The message must be fit for strangers; `error` is what went wrong, for the log. */
export function undecided(rule: string, message: string, error?: unknown): Denied {
  return { allowed: false, rule, status: { code: 500, reason: 'InternalError', message }, ...(error === undefined ? {} : { error }) };
}
