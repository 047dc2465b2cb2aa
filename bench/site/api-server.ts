import { KubeConfig } from '@kubernetes/client-node';
import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';

/** An answer of the API server, whatever its status. */
export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** One event of a watch. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/** What the body of a write is, as its content type says it. */
export type ContentType =
  'application/json' | 'application/merge-patch+json' | 'application/apply-patch+yaml' | 'application/strategic-merge-patch+json';

/**
 * The ruler's own connection to the API server. It is not the client of `src/kube`, so that nothing that is measured
 * does the measuring.
 */
export interface ApiServer {
  /** Reads `path` and throws when the answer is not 2xx. */
  get<T>(path: string): Promise<T>;
  /** Reads `path` as text, for example `/metrics`. */
  text(path: string): Promise<string>;
  /** Sends a write; the caller looks at the status. */
  send<T>(method: Dispatcher.HttpMethod, path: string, body?: unknown, contentType?: ContentType): Promise<Answer<T>>;
  /** As `send`, but throws when the answer is not 2xx. */
  must<T>(method: Dispatcher.HttpMethod, path: string, body?: unknown, contentType?: ContentType): Promise<T>;
  /** Events of a watch until `signal` ends it. */
  watch<T>(path: string, signal: AbortSignal): Promise<AsyncIterable<WatchEvent<T>>>;
  close(): Promise<void>;
}

/** Connects as the kubeconfig file says, over at most `connections` connections. */
export async function connect(kubeconfig: string, connections: number): Promise<ApiServer> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`${kubeconfig} names no current cluster`);
  const credentials: { ca?: string | Buffer; cert?: string | Buffer; key?: string | Buffer } = {};
  await config.applyToHTTPSOptions(credentials);
  const { ca, cert, key } = credentials;
  const tls = { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  const pool = new Agent({ connections, connect: tls });
  const streams = new Agent({ connect: tls, bodyTimeout: 0, headersTimeout: 0 });
  return bind(cluster.server, pool, streams);
}

function bind(server: string, pool: Agent, streams: Agent): ApiServer {
  const send = async <T>(method: Dispatcher.HttpMethod, path: string, body?: unknown, contentType: ContentType = 'application/json') => {
    const payload = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': contentType } };
    const response = await request(`${server}${path}`, { method, dispatcher: pool, ...payload });
    return { status: response.statusCode, body: (await response.body.json()) as T };
  };
  const must = async <T>(method: Dispatcher.HttpMethod, path: string, body?: unknown, contentType?: ContentType): Promise<T> => {
    const answer = await send<T>(method, path, body, contentType);
    if (answer.status < 200 || answer.status > 299) throw new Error(`${method} ${path}: ${answer.status} ${wordsOf(answer.body)}`);
    return answer.body;
  };
  return {
    send,
    must,
    get: (path) => must('GET', path),
    text: async (path) => {
      const response = await request(`${server}${path}`, { dispatcher: pool });
      return response.body.text();
    },
    watch: async <T>(path: string, signal: AbortSignal) => {
      const response = await request(`${server}${path}`, { dispatcher: streams, signal });
      if (response.statusCode !== 200) throw new Error(`watch ${path}: ${response.statusCode} ${await response.body.text()}`);
      return eventsOf<T>(response.body, signal);
    },
    close: async () => {
      await Promise.all([pool.destroy(), streams.destroy()]);
    },
  };
}

async function* eventsOf<T>(body: AsyncIterable<Buffer>, signal: AbortSignal): AsyncIterable<WatchEvent<T>> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of body) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line) as WatchEvent<T>;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function wordsOf(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  return JSON.stringify(body);
}
