import type { TransportResponse } from '../../src/kube/transport.ts';
import { TransportError } from '../../src/kube/errors.ts';
import type { Fault } from '../janus/running.ts';

/** What may meet a request instead of its answer. */
export interface Weather {
  readonly name: string;
  readonly strike: Fault;
}

/** Weather that strikes a fair share of all requests: every n-th that is sent, whosever it is. */
export interface Strikes {
  readonly fault: Fault;
  /** How many requests it has met. */
  count(): number;
}

/** Lets weather strike every n-th request; Events apart, on which nothing hangs. */
export function everyNthRequest(n: number, { strike }: Weather): Strikes {
  let sent = 0;
  let struck = 0;
  return {
    fault: (request, send) => {
      if (request.label.resource.startsWith('events')) return send(request);
      sent += 1;
      if (sent % n !== 0) return send(request);
      struck += 1;
      return strike(request, send);
    },
    count: () => struck,
  };
}

export const WEATHERS: readonly Weather[] = [
  { name: 'are turned away with 429 and told when to come again', strike: () => Promise.resolve(statusOf(429, 'TooManyRequests', '1')) },
  { name: 'fail with 500 before anything has happened', strike: () => Promise.resolve(statusOf(500, 'InternalError')) },
  {
    name: 'take effect and are answered with 504 all the same',
    strike: async (request, send) => {
      await send(request);
      return statusOf(504, 'Timeout');
    },
  },
  {
    name: 'take effect and lose their answer with the connection',
    strike: async (request, send) => {
      await send(request);
      throw new TransportError(`${request.method} ${request.path}: cut by the test`, { neverSent: false });
    },
  },
];

function statusOf(code: number, reason: string, retryAfter?: string): TransportResponse {
  const details = retryAfter === undefined ? {} : { details: { retryAfterSeconds: Number(retryAfter) } };
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'bad weather', reason, code, ...details };
  return {
    status: code,
    headers: { 'content-type': 'application/json', ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }) },
    body: JSON.stringify(body),
  };
}
