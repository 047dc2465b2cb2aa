import type { ApiStatus } from '../kube/errors.ts';

/** For machines: why a write was refused, one per cause. */
export interface DenialCause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

export interface Allowance {
  readonly allow: true;
  /** Name of the rule that answered. */
  readonly rule: string;
}

export interface Denial {
  readonly allow: false;
  readonly rule: string;
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
  readonly causes?: readonly DenialCause[];
  /** What went wrong inside, for the log only: it may quote the object. */
  readonly error?: unknown;
}

export type Decision = Allowance | Denial;

export function allow(rule: string): Allowance {
  return { allow: true, rule };
}

/** 403 `Forbidden`: waiting would not help. */
export function forbid(rule: string, message: string): Denial {
  return { allow: false, rule, code: 403, reason: 'Forbidden', message };
}

/** 503 `ServiceUnavailable`: the answer is not known now. */
export function unavailable(rule: string, message: string): Denial {
  return { allow: false, rule, code: 503, reason: 'ServiceUnavailable', message };
}

/** The denial as the `status` of an AdmissionReview's response. */
export function statusOf(denial: Denial): ApiStatus {
  const { code, reason, message, retryAfterSeconds, causes } = denial;
  if (retryAfterSeconds === undefined && causes === undefined) return { code, reason, message };
  const details = {
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(causes === undefined ? {} : { causes }),
  };
  return { code, reason, message, details };
}
