import type { ApiStatus } from '../kube/errors.ts';
import type { AdmissionRequest } from './review.ts';
import type { Verdict } from './verdict.ts';
import { undecided } from './verdict.ts';

/** The wire form of an answer: `admission.k8s.io/v1` AdmissionReview with a response. */
export interface AdmissionAnswer {
  readonly apiVersion: 'admission.k8s.io/v1';
  readonly kind: 'AdmissionReview';
  readonly response: AdmissionResponse;
}

export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: {
    readonly status: 'Failure';
    readonly code: number;
    readonly reason: string;
    readonly message: string;
    readonly details?: unknown;
  };
  readonly patchType?: 'JSONPatch';
  /** Base64 of a JSON Patch. */
  readonly patch?: string;
  readonly warnings?: readonly string[];
}

// The API server puts warnings in HTTP headers, cuts them off at 4,096 characters in all and drops those with control characters.
const LONGEST_WARNING = 256;

const LONGEST_MESSAGE = 4096;
const LONGEST_CAUSE = 1024;
const MOST_CAUSES = 100;

/** Words a verdict for the API server. */
export function answer(uid: string, verdict: Verdict): AdmissionAnswer {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: respond(uid, verdict) };
}

/** The verdict for a handler that threw: refused, in words that give away nothing of the inside. */
export function verdictOfFault(request: Pick<AdmissionRequest, 'uid'>): Verdict {
  return undecided(
    'fault',
    `Janus met an internal fault while it reviewed this request, and refuses it to be safe. Nothing was changed. Try again; if it persists, look for review ${printable(request.uid)} in the log of Janus's webhook.`,
  );
}

function respond(uid: string, verdict: Verdict): AdmissionResponse {
  const warnings =
    verdict.warnings === undefined || verdict.warnings.length === 0
      ? {}
      : { warnings: verdict.warnings.map((warning) => cut(warning, LONGEST_WARNING)) };
  if (!verdict.allowed) return { uid, allowed: false, status: { status: 'Failure', ...readable(verdict.status) }, ...warnings };
  if (verdict.patch === undefined || verdict.patch.length === 0) return { uid, allowed: true, ...warnings };
  return { uid, allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(verdict.patch)).toString('base64'), ...warnings };
}

// Refusals quote what was sent: names, keys, values. Terminals and logs get them in one line and of bounded length.
function readable(status: ApiStatus): ApiStatus {
  const message = cut(status.message, LONGEST_MESSAGE);
  return status.details === undefined ? { ...status, message } : { ...status, message, details: readableDetails(status.details) };
}

function readableDetails(details: NonNullable<ApiStatus['details']>): NonNullable<ApiStatus['details']> {
  const { name, causes } = details;
  return {
    ...details,
    ...(name === undefined ? {} : { name: cut(name, LONGEST_WARNING) }),
    ...(causes === undefined ? {} : { causes: causes.slice(0, MOST_CAUSES).map(readableCause) }),
  };
}

type Cause = NonNullable<NonNullable<ApiStatus['details']>['causes']>[number];

function readableCause(cause: Cause): Cause {
  return {
    ...cause,
    ...(cause.message === undefined ? {} : { message: cut(cause.message, LONGEST_CAUSE) }),
    ...(cause.field === undefined ? {} : { field: cut(cause.field, LONGEST_CAUSE) }),
  };
}

function cut(text: string, longest: number): string {
  const line = printable(text);
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
