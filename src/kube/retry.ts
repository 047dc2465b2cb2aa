import { isTransient, retryAfterMs } from './errors.ts';
import { pause } from './pause.ts';

export interface RetryOptions {
  /** Ends waiting at once: the last error is thrown. */
  readonly signal?: AbortSignal;
  /** Calls in all, the first included. Default: as many as `deadlineMs` allows; 5 if that is absent too. */
  readonly attempts?: number;
  /** Milliseconds from the first call after which no further one is begun. */
  readonly deadlineMs?: number;
  /** Upper bound of the first pause; doubles each time. Default 100 ms. */
  readonly baseMs?: number;
  /** Upper bound of any pause, unless the server asked for a longer one. Default 10,000 ms. */
  readonly maxMs?: number;
  /** Which errors are worth another call. Default: `isTransient`. */
  readonly retryable?: (error: unknown) => boolean;
  readonly onRetry?: (retry: { readonly error: unknown; readonly attempt: number; readonly waitMs: number }) => void;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

const DEFAULT_ATTEMPTS = 5;

/**
 * Calls `fn` until it succeeds, with exponential backoff and full jitter between calls, honouring `Retry-After`.
 * Only for what may be repeated: an error may hide a success.
 *
 * @throws the last error of `fn`.
 */
export async function retrying<T>(fn: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { now = () => performance.now() } = options;
  const started = now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fn(attempt);
    } catch (error) {
      const waitMs = waitBefore(attempt + 1, error, now() - started, options);
      if (waitMs === undefined) throw error;
      options.onRetry?.({ error, attempt, waitMs });
      if (!(await pause(waitMs, options.signal))) throw error;
    }
  }
}

/** Milliseconds to wait before the call numbered `next`, or undefined if there is to be none. */
function waitBefore(next: number, error: unknown, elapsedMs: number, options: RetryOptions): number | undefined {
  const { signal, deadlineMs = Infinity, retryable = isTransient } = options;
  const attempts = options.attempts ?? (options.deadlineMs === undefined ? DEFAULT_ATTEMPTS : Infinity);
  if (next > attempts || signal?.aborted === true || !retryable(error)) return undefined;
  const waitMs = Math.max(retryAfterMs(error) ?? 0, backoffMs(next - 1, options));
  return elapsedMs + waitMs > deadlineMs ? undefined : waitMs;
}

/** Full jitter: anywhere between 0 and min(maxMs, baseMs · 2^(attempt−1)) milliseconds. `attempt` counts from 1. */
export function backoffMs(attempt: number, options: Pick<RetryOptions, 'baseMs' | 'maxMs' | 'random'> = {}): number {
  const { baseMs = 100, maxMs = 10_000, random = Math.random } = options;
  return random() * Math.min(maxMs, baseMs * 2 ** (attempt - 1));
}
