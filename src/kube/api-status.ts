import { ApiError } from './errors.ts';
import type { ApiStatus } from './errors.ts';
import { redact, redactDeep } from './redact.ts';

const SHORT = 300;
/** Characters of a foreign page that are looked at: enough for its heading, and too few for a hostile one to keep us busy. */
const LOOKED_AT = 4_096;
/** The longest wait that is believed; seconds. */
const LONGEST_WAIT = 3_600;

/** The part of a response that an error is made of. */
export interface ErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * The `ApiError` for an answer that is not 2xx, with credentials removed from every text. Proxies and load balancers answer with
 * HTML or plain text: that becomes a short message with the code. A `Retry-After` header counts as `retryAfterSeconds`.
 */
export function apiErrorOf(response: ErrorResponse): ApiError {
  const parsed = parseStatus(response.body);
  const status = parsed === undefined ? foreignStatus(response) : redactDeep({ ...parsed, code: response.status });
  return new ApiError(withRetryAfter(status, response.headers['retry-after']));
}

/** A `metav1.Status` from outside as the part we read, or undefined if it is none. */
export function readStatus(value: unknown): ApiStatus | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, code, reason, message, details } = value as Record<string, unknown>;
  if (kind !== 'Status') return undefined;
  const known = typeof details === 'object' && details !== null && !Array.isArray(details) ? { details: withCredibleWait(details) } : {};
  return {
    code: typeof code === 'number' ? code : 0,
    reason: typeof reason === 'string' ? reason : '',
    message:
      typeof message === 'string' && message !== ''
        ? message
        : `the server gave no message${typeof reason === 'string' ? ` (${reason})` : ''}`,
    ...known,
  };
}

// A wait that is no number of seconds would end up in a timer, which takes nonsense for "at once".
function withCredibleWait(details: object): NonNullable<ApiStatus['details']> {
  const { retryAfterSeconds, ...others } = details as Record<string, unknown>;
  const credible = typeof retryAfterSeconds === 'number' && retryAfterSeconds >= 0 && retryAfterSeconds <= LONGEST_WAIT;
  return credible ? { ...others, retryAfterSeconds } : others;
}

function parseStatus(body: string): ApiStatus | undefined {
  try {
    return readStatus(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function foreignStatus(response: ErrorResponse): ApiStatus {
  const start = response.body.slice(0, LOOKED_AT);
  const text = redact(
    start
      .replace(/<(script|style)[^]*?<\/\1>/gi, ' ')
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  );
  const shortened = text.length > SHORT ? `${text.slice(0, SHORT)}…` : text;
  return {
    code: response.status,
    reason: '',
    message: `the server answered ${response.status}${shortened === '' ? '' : `: ${shortened}`}`,
  };
}

// RFC 9110, 10.2.3 also allows a date; API servers send seconds, and a date from a proxy is not worth a clock comparison.
function withRetryAfter(status: ApiStatus, header: string | string[] | undefined): ApiStatus {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined || status.details?.retryAfterSeconds !== undefined) return status;
  const credible = /^\d{1,6}$/.test(value.trim()) && Number(value) <= LONGEST_WAIT;
  return credible ? { ...status, details: { ...status.details, retryAfterSeconds: Number(value) } } : status;
}
