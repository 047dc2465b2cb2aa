import { TransportError } from './errors.ts';
import { redact } from './redact.ts';

const BEFORE_SENDING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const EXPLANATIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: is the API server running at this address?',
  ENOTFOUND: 'its name is not known to DNS',
  EAI_AGAIN: 'DNS did not answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the time limit',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  ECONNRESET: 'the connection was reset before the answer was complete',
  EPIPE: 'the connection was closed while the request was being sent',
  UND_ERR_HEADERS_TIMEOUT: 'no answer within the time limit',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped half-way',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'the answer is larger than the limit',
  UND_ERR_CLOSED: 'this client has been closed',
  UND_ERR_DESTROYED: 'this client has been closed',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed and not in the certificate authority of the configuration',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by the certificate authority of the configuration',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by the certificate authority of the configuration',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/**
 * A `TransportError` that says what went wrong on the way to `target` ("GET https://host/path").
 *
 * @param started whether the request may have begun to leave this process; false makes the error `neverSent`.
 */
export function networkError(target: string, cause: unknown, started: boolean): TransportError {
  const code = codeOf(cause);
  const words =
    (code === undefined ? undefined : EXPLANATIONS[code]) ?? (cause instanceof Error ? redact(cause.message) : 'unknown network error');
  const neverSent = !started || (code !== undefined && BEFORE_SENDING.has(code));
  return new TransportError(`${target}: ${words}${code === undefined ? '' : ` (${code})`}`, { cause, neverSent });
}

// Happy-eyeballs connection attempts arrive as an AggregateError whose members carry the code.
function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  if (cause instanceof AggregateError) return cause.errors.map(codeOf).find((code) => code !== undefined);
  return codeOf(cause.cause);
}
