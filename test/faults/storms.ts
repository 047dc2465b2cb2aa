import { TransportError } from '../../src/kube/errors.ts';
import type { TransportRequest, TransportResponse } from '../../src/kube/transport.ts';
import type { Fault } from '../janus/running.ts';
import { isWrite } from './victim.ts';

/** Weather on the way to the API server, and how often it struck. */
export interface Storm {
  readonly fault: Fault;
  struck(): number;
}

/** Every write takes effect, and the answer to its first sending is lost. */
export function answersLost(): Storm {
  return striking(isWrite, async (request, send) => {
    await send(request);
    throw new TransportError(`${request.method} ${request.path}: the test has cut the connection`, { neverSent: false });
  });
}

/** Every write takes effect, and its first sending is answered as if it might not have: what a server says that waits too long for etcd. */
export function answersWrong(): Storm {
  return striking(isWrite, async (request, send) => {
    await send(request);
    return request.method === 'POST' || request.method === 'PUT'
      ? refusal(500, 'InternalError', 'etcdserver: request timed out')
      : refusal(504, 'Timeout', 'request did not complete within the allotted timeout');
  });
}

/** Everything, reads and dry runs too, is turned away when it is first sent: by an overloaded server, one that is starting, or what stands before it. */
export function turnedAway(): Storm {
  let turn = 0;
  return striking(
    ({ label }) => !label.resource.startsWith('events'),
    () => Promise.resolve(REFUSALS[(turn += 1) % REFUSALS.length]!),
  );
}

/** Strikes whatever fits when it is first sent; the same again passes. */
function striking(fits: (request: TransportRequest) => boolean, strike: Fault): Storm {
  const seen = new Set<string>();
  return {
    fault: (request, send) => {
      const { method, path, body = '' } = request;
      const key = `${method} ${path} ${body}`;
      if (!fits(request) || seen.has(key)) return send(request);
      seen.add(key);
      return strike(request, send);
    },
    struck: () => seen.size,
  };
}

function refusal(code: number, reason: string, message: string, retryAfterSeconds?: number): TransportResponse {
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  return {
    status: code,
    headers: {
      'content-type': 'application/json',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify({ apiVersion: 'v1', kind: 'Status', status: 'Failure', code, reason, message, ...details }),
  };
}

const REFUSALS: readonly TransportResponse[] = [
  refusal(429, 'TooManyRequests', 'too many requests, please try again later', 1),
  refusal(500, 'InternalError', 'the test has no time'),
  { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad Gateway</html>' },
  refusal(503, 'ServiceUnavailable', 'the server is currently unable to handle the request'),
  refusal(504, 'Timeout', 'the server was unable to return a response in the time allotted'),
];
