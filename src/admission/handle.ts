import type { AdmissionAnswer } from './answer.ts';
import { answer, verdictOfFault } from './answer.ts';
import type { AdmissionRequest } from './review.ts';
import { MalformedReview, parseAdmissionReview } from './review.ts';
import type { Verdict } from './verdict.ts';

/** Reviews one request. May throw: that is a denial. `below` is what the path had below the handler's own, where that ends in a slash. */
export type Handler = (request: AdmissionRequest, below?: string) => Promise<Verdict>;

/** One review that was answered. */
export interface Reviewed {
  /** Path of the handler, for example `/validate-locks`. */
  readonly path: string;
  readonly rule: string;
  readonly allowed: boolean;
  readonly milliseconds: number;
  readonly dryRun: boolean;
}

/** Told what happened, for metrics and logs. Exceptions of an observer are swallowed: they never change an answer. */
export interface AdmissionObserver {
  reviewed?(event: Reviewed): void;
  /** Something went wrong inside. `error` may hold secrets of the inside: log with care. */
  faulted?(path: string, uid: string, error: unknown): void;
}

/**
 * Answers one AdmissionReview. Every exception of the handler becomes a denial addressed to the review's uid.
 * Throws `MalformedReview` only where there is no uid to address an answer to.
 */
export async function handleReview(
  path: string,
  body: unknown,
  handler: Handler,
  observer: AdmissionObserver,
  below = '',
): Promise<AdmissionAnswer> {
  const start = performance.now();
  let request: AdmissionRequest;
  try {
    request = parseAdmissionReview(body);
  } catch (error) {
    if (!(error instanceof MalformedReview) || error.uid === undefined) throw error;
    const verdict: Verdict = { allowed: false, rule: 'malformed', status: { code: 400, reason: 'BadRequest', message: error.message } };
    observe(path, verdict, start, false, observer);
    return answer(error.uid, verdict);
  }
  const verdict = await decideSafely(path, request, (one) => handler(one, below), observer);
  observe(path, verdict, start, request.dryRun, observer);
  return answer(request.uid, verdict);
}

async function decideSafely(
  path: string,
  request: AdmissionRequest,
  handler: (request: AdmissionRequest) => Promise<Verdict>,
  observer: AdmissionObserver,
): Promise<Verdict> {
  try {
    const verdict = await handler(request);
    if (!verdict.allowed && verdict.error !== undefined) quietly(() => observer.faulted?.(path, request.uid, verdict.error));
    return verdict;
  } catch (error) {
    quietly(() => observer.faulted?.(path, request.uid, error));
    return verdictOfFault(request);
  }
}

function observe(path: string, verdict: Verdict, start: number, dryRun: boolean, observer: AdmissionObserver): void {
  const { rule, allowed } = verdict;
  quietly(() => observer.reviewed?.({ path, rule, allowed, milliseconds: performance.now() - start, dryRun }));
}

function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // A broken metric or log sink must not turn an answer into a fault.
  }
}
