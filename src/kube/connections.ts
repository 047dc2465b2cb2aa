import { DecoratorHandler, Pool, ProxyAgent } from 'undici';
import type { Dispatcher } from 'undici';
import type { ClusterConfig, Credentials } from './cluster-config.ts';

/** Set as soon as the first byte of a request may have left us; passed as `opaque` of a request. */
export interface SendMark {
  started: boolean;
}

/** The two pools to one server: short requests over a bounded number of connections, and watches that may stay silent. */
export interface Connections {
  readonly requests: Dispatcher;
  readonly watches: Dispatcher;
}

export interface ConnectionOptions {
  readonly maxConnections: number;
  readonly maxResponseBytes: number;
  readonly connectTimeoutMs: number;
}

// Below the 90 s after which an API server closes an idle connection, and below the 60 s of common load balancers.
const IDLE_MS = 30_000;

/** Opens the pools on first use, and anew when the client certificate changes: running requests end on the old ones. */
export function connectionsTo(config: ClusterConfig, options: ConnectionOptions) {
  let current: (Connections & { readonly identity: string }) | undefined;
  const retired = new Set<Dispatcher>();

  return {
    use(credentials: Credentials): Connections {
      const identity = `${credentials.cert ?? ''}\0${credentials.key ?? ''}`;
      if (current?.identity === identity) return current;
      if (current !== undefined) retire(retired, current);
      current = { ...open(config, credentials, options), identity };
      return current;
    },
    /** Waits for running requests, ends watches. */
    async close(): Promise<void> {
      const open = [...retired, ...(current === undefined ? [] : [current.watches])];
      await Promise.all([current?.requests.close(), ...open.map((dispatcher) => dispatcher.destroy())]);
    },
    /** Ends everything at once; running requests fail. */
    async destroy(): Promise<void> {
      const open = [...retired, ...(current === undefined ? [] : [current.requests, current.watches])];
      await Promise.all(open.map((dispatcher) => dispatcher.destroy()));
    },
  };
}

function retire(retired: Set<Dispatcher>, connections: Connections): void {
  for (const dispatcher of [connections.requests, connections.watches]) {
    retired.add(dispatcher);
    void dispatcher.close().then(() => retired.delete(dispatcher));
  }
}

function open(config: ClusterConfig, credentials: Credentials, options: ConnectionOptions): Connections {
  const shared: Pool.Options = { keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS, pipelining: 1 };
  return {
    requests: marking(
      dispatcherTo(config, credentials, options.connectTimeoutMs, {
        ...shared,
        connections: options.maxConnections,
        maxResponseSize: options.maxResponseBytes,
        // The transport keeps its own clock for a request; these would only cut a slow, large list.
        headersTimeout: 0,
        bodyTimeout: 0,
      }),
    ),
    watches: marking(dispatcherTo(config, credentials, options.connectTimeoutMs, { ...shared, headersTimeout: 0, bodyTimeout: 0 })),
  };
}

function dispatcherTo(config: ClusterConfig, credentials: Credentials, connectTimeoutMs: number, options: Pool.Options): Dispatcher {
  const security = {
    ...(config.ca === undefined ? {} : { ca: config.ca }),
    ...(credentials.cert === undefined ? {} : { cert: credentials.cert }),
    ...(credentials.key === undefined ? {} : { key: credentials.key }),
    ...(config.tlsServerName === undefined ? {} : { servername: config.tlsServerName }),
    rejectUnauthorized: config.insecureSkipTlsVerify !== true,
    timeout: connectTimeoutMs,
  };
  if (config.proxyUrl !== undefined) return new ProxyAgent({ ...options, uri: config.proxyUrl, requestTls: security });
  return new Pool(new URL(config.server).origin, { ...options, connect: security });
}

// Only the dispatcher knows when a queued request is handed to a socket; that moment decides whether it may have had an effect.
function marking(dispatcher: Dispatcher): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => {
    const mark = 'opaque' in options ? options.opaque : undefined;
    return dispatch(options, isMark(mark) ? new MarkingHandler(handler, mark) : handler);
  });
}

// undici's types leave out the methods that a DecoratorHandler forwards.
const Forwarding = DecoratorHandler as unknown as new (handler: Dispatcher.DispatchHandler) => ForwardingHandler;

interface ForwardingHandler extends Dispatcher.DispatchHandler {
  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void;
}

class MarkingHandler extends Forwarding {
  readonly #mark: SendMark;

  constructor(handler: Dispatcher.DispatchHandler, mark: SendMark) {
    super(handler);
    this.#mark = mark;
  }

  override onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    super.onRequestStart(controller, context);
    // One that was given up while it waited for a connection is dropped here, before its first byte.
    if (!controller.aborted) this.#mark.started = true;
  }
}

function isMark(value: unknown): value is SendMark {
  return typeof value === 'object' && value !== null && 'started' in value;
}
