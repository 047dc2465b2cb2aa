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
  const warnings = verdict.warnings === undefined || verdict.warnings.length === 0 ? {} : { warnings: verdict.warnings.map(shorten) };
  if (!verdict.allowed) return { uid, allowed: false, status: { status: 'Failure', ...verdict.status }, ...warnings };
  if (verdict.patch === undefined || verdict.patch.length === 0) return { uid, allowed: true, ...warnings };
  return { uid, allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(verdict.patch)).toString('base64'), ...warnings };
}

function shorten(warning: string): string {
  const line = printable(warning);
  return line.length <= LONGEST_WARNING ? line : `${line.slice(0, LONGEST_WARNING - 1)}…`;
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
