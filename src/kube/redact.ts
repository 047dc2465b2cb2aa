const REPLACEMENT = '[redacted]';
// The look-behind lets a match begin only where a run of such characters does: without it, a long run costs the square of its length.
const DOTTED_TOKEN = /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g;
const CUT_TOKEN = /\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}/g;
const AUTHORIZATION = /\b(bearer\s+)[A-Za-z0-9._~+/=-]{16,}|\b(authorization:?\s*basic\s+)[A-Za-z0-9+/=]{4,}/gi;

/**
 * The text without credentials: JSON Web Tokens (RFC 7519), whole or cut short, and `Authorization` values. Meant for everything a
 * server says before it becomes an error, a log line or an Event: an API server quotes impersonation headers in its refusals.
 */
export function redact(text: string): string {
  return text
    .replace(AUTHORIZATION, (_match, bearer: string | undefined, basic: string | undefined) => `${bearer ?? basic ?? ''}${REPLACEMENT}`)
    .replace(DOTTED_TOKEN, (candidate) => (startsWithJsonObject(candidate) ? REPLACEMENT : candidate))
    .replace(CUT_TOKEN, REPLACEMENT);
}

/** Every string inside a JSON value, redacted. Keys stay as they are. */
export function redactDeep<T>(value: T): T {
  return redactValue(value) as T;
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, redactValue(entry)]));
}

// A host name such as `webhook-a.namespace-b.example-domain` has the same shape as a token; only a token begins with a JSON object.
function startsWithJsonObject(candidate: string): boolean {
  const head = candidate.slice(0, candidate.indexOf('.'));
  return Buffer.from(head, 'base64url').toString('utf8').trimStart().startsWith('{');
}
