import type { Readable } from 'node:stream';
import { errors } from 'undici';
import type { Dispatcher } from 'undici';
import type { Identity } from './client.ts';
import type { ClusterConfig, Credentials } from './cluster-config.ts';
import { connectionsTo } from './connections.ts';
import type { SendMark } from './connections.ts';
import { InvalidRequestError, TransportError } from './errors.ts';
import { impersonationHeaders } from './impersonation.ts';
import { networkError } from './network-error.ts';

/** What a request is about, for metrics, counting and fault injection; it does not influence what is sent. */
export interface RequestLabel {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete' | 'raw';
  /** `deployments.apps`, `configmaps`, or '' for a raw path. */
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly dryRun: boolean;
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** Absolute, with query, without host. */
  readonly path: string;
  readonly label: RequestLabel;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly as?: Identity;
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole exchange; for a stream, until its headers. */
  readonly timeoutMs?: number;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface TransportResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface TransportStream {
  readonly status: number;
  readonly headers: Headers;
  /** Destroy it to give the connection back. */
  readonly body: Readable;
}

/** What became of one request. `code` is 0 where no answer came. */
export interface RequestObservation extends RequestLabel {
  readonly method: string;
  readonly code: number;
  readonly ms: number;
  /** The impersonated user, if any. */
  readonly as?: string;
  /** The answer's `Date`: the server's time of day, to the second. */
  readonly date?: string;
}

export type Send = (request: TransportRequest) => Promise<TransportResponse>;

export type Open = (request: TransportRequest) => Promise<TransportStream>;

export interface TransportOptions {
  /** Connections for requests (watches have their own). Default 32. */
  readonly maxConnections?: number;
  /** Milliseconds. Default 15,000. */
  readonly timeoutMs?: number;
  /** Milliseconds until a connection must be open, TLS included. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Default 64 MiB. */
  readonly maxResponseBytes?: number;
  readonly userAgent?: string;
  /** Called once for each exchange with the server, watches when they open. Must not throw. */
  readonly onRequest?: (observation: RequestObservation) => void;
  /** Runs around every request (not streams), for example to inject faults before it is sent or after its answer came. */
  readonly intercept?: (request: TransportRequest, send: Send) => Promise<TransportResponse>;
  /** Runs around every stream that is opened, for example to let a watch lag or lose events. */
  readonly interceptStream?: (request: TransportRequest, open: Open) => Promise<TransportStream>;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** HTTP to one API server. Throws `TransportError` where no answer came; any answer, whatever its status, is returned. */
export interface Transport {
  readonly config: ClusterConfig;
  send(request: TransportRequest): Promise<TransportResponse>;
  stream(request: TransportRequest): Promise<TransportStream>;
  /** Ends streams, waits for running requests, closes all connections. */
  close(): Promise<void>;
  /** Closes all connections at once: running requests fail. */
  destroy(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 15_000;

/** Opens nothing yet: connections are made on first use, kept alive and bounded. After a 401, credentials are asked for again once. */
export function createTransport(config: ClusterConfig, options: TransportOptions = {}): Transport {
  const now = options.now ?? (() => performance.now());
  const connections = connectionsTo(config, {
    maxConnections: options.maxConnections ?? 32,
    maxResponseBytes: options.maxResponseBytes ?? 64 * 1024 * 1024,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
  });
  const { origin, pathname } = new URL(config.server);
  const prefix = pathname.replace(/\/+$/, '');

  async function exchange<R extends { readonly status: number; readonly headers: Headers }>(
    request: TransportRequest,
    read: Reader<R>,
  ): Promise<R> {
    const identity = request.as ?? config.as;
    const started = now();
    let answer: R | undefined;
    try {
      const credentials = await config.credentials();
      const response = await attempt(request, credentials, read);
      answer = response;
      if (response.status !== 401) return response;
      const renewed = await config.credentials({ refresh: true });
      if (sameCredentials(credentials, renewed)) return response;
      read.discard(response);
      return (answer = await attempt(request, renewed, read));
    } finally {
      const { status: code = 0, headers: { date } = {} } = answer ?? {};
      const more = { ...(identity === undefined ? {} : { as: identity.user }), ...(typeof date === 'string' ? { date } : {}) };
      options.onRequest?.({ ...request.label, method: request.method, code, ms: now() - started, ...more });
    }
  }

  async function attempt<R>(request: TransportRequest, credentials: Credentials, read: Reader<R>): Promise<R> {
    const headers = headersOf(request, credentials);
    const mark: SendMark = { started: false };
    const deadline = deadlineOf(request, request.timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    try {
      const answer = read.from(connections.use(credentials), {
        origin,
        method: request.method,
        path: prefix + request.path,
        headers,
        body: request.body ?? null,
        signal: deadline.signal,
        opaque: mark,
      });
      // undici notices an abort only once a request has a connection; one that waits for its turn must not wait past its deadline.
      return await Promise.race([answer, deadline.over]);
    } catch (error) {
      const target = `${request.method} ${config.server}${request.path.replace(/\?.*/s, '')}`;
      if (isInvalidArgument(error)) throw new InvalidRequestError(`${target}: ${error.message}`, { cause: error });
      if (!deadline.signal.aborted) throw networkError(target, error, mark.started);
      throw new TransportError(`${target}: ${deadline.why()}`, { cause: error, neverSent: !mark.started });
    } finally {
      deadline.clear();
    }
  }

  function headersOf(request: TransportRequest, credentials: Credentials): Record<string, string | string[]> {
    const identity = request.as ?? config.as;
    return {
      accept: 'application/json',
      'user-agent': options.userAgent ?? 'janus',
      ...credentials.headers,
      ...request.headers,
      ...(identity === undefined ? {} : impersonationHeaders(identity)),
    };
  }

  const send: Send = (request) => exchange(request, WHOLE);
  const open: Open = (request) => exchange(request, STREAMED);
  const { intercept, interceptStream = (request, opens) => opens(request) } = options;
  return {
    config,
    send: intercept === undefined ? send : (request) => intercept(request, send),
    stream: async (request) => endedBy(await interceptStream(request, open), request.signal),
    close: () => connections.close(),
    destroy: () => connections.destroy(),
  };
}

type PoolRequest = Dispatcher.RequestOptions<SendMark>;

/** How an answer is taken in: as a whole, or as a stream. */
interface Reader<R> {
  from(connections: { readonly requests: Dispatcher; readonly watches: Dispatcher }, request: PoolRequest): Promise<R>;
  discard(response: R): void;
}

const WHOLE: Reader<TransportResponse> = {
  async from(connections, request) {
    const { statusCode, headers, body } = await connections.requests.request(request);
    return { status: statusCode, headers, body: await body.text() };
  },
  discard: () => undefined,
};

const STREAMED: Reader<TransportStream> = {
  async from(connections, request) {
    const { statusCode, headers, body } = await connections.watches.request(request);
    // Whoever reads the stream handles its errors; before that, one must not end the process.
    body.on('error', () => undefined);
    return { status: statusCode, headers, body };
  },
  discard: (response) => void response.body.destroy(),
};

// AbortSignal.any keeps every signal it made alive as long as its source lives, hence a controller and a listener of our own.
function deadlineOf(request: TransportRequest, timeoutMs: number) {
  const controller = new AbortController();
  let timedOut = false;
  const over = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(new Error('the deadline is over')), { once: true });
  });
  // It may end when nobody waits for it any more.
  over.catch(() => undefined);
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeoutMs);
  const onAbort = (): void => controller.abort();
  if (request.signal?.aborted === true) controller.abort();
  request.signal?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    over,
    why: () => (timedOut ? `no answer within ${timeoutMs} ms` : 'aborted by the caller'),
    clear(): void {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', onAbort);
    },
  };
}

function endedBy(stream: TransportStream, signal: AbortSignal | undefined): TransportStream {
  const end = (): void => void stream.body.destroy();
  if (signal?.aborted === true) end();
  signal?.addEventListener('abort', end, { once: true });
  stream.body.once('close', () => signal?.removeEventListener('abort', end));
  return stream;
}

function isInvalidArgument(error: unknown): error is Error {
  return error instanceof errors.InvalidArgumentError;
}

function sameCredentials(a: Credentials, b: Credentials): boolean {
  return a.cert === b.cert && a.key === b.key && JSON.stringify(a.headers) === JSON.stringify(b.headers);
}
