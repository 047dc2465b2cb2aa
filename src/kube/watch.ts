import { apiErrorOf, readStatus } from './api-status.ts';
import { ApiError } from './errors.ts';
import { apiVersionOf, type KubeObject, type ResourceKind } from './object.ts';
import { collectionPath, resourceName, withQuery } from './paths.ts';
import { redactDeep } from './redact.ts';
import type { Transport, TransportStream } from './transport.ts';
import { watchEvents } from './watch-lines.ts';

export interface WatchOptions {
  readonly transport: Transport;
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** From where to go on; events after it are sent. */
  readonly resourceVersion: string;
  /** Seconds after which the server is asked to end the watch. */
  readonly timeoutSeconds: number;
  /** Milliseconds without a byte after which the connection counts as dead. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** One change; a bookmark says only how far the watch has come. */
export type WatchedChange<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: Pick<KubeObject, 'metadata'> };

const ERROR_BODY_MAX = 64 * 1024;

/**
 * One watch, with bookmarks, until the server ends it.
 *
 * @throws ApiError where the server refuses, before or within the stream (410: too old to go on from); TransportError where it
 * cannot be reached; SilentWatchError; any other error for a broken or senseless stream.
 */
export async function* watchChanges<T extends KubeObject>(options: WatchOptions): AsyncGenerator<WatchedChange<T>> {
  const { transport, kind, namespace, labelSelector, fieldSelector, signal, resourceVersion, timeoutSeconds, silenceMs } = options;
  const query = { watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds, labelSelector, fieldSelector };
  const label = { verb: 'watch', resource: resourceName(kind), dryRun: false, ...(namespace === undefined ? {} : { namespace }) } as const;
  const stream = await transport.stream({ method: 'GET', path: withQuery(collectionPath(kind, namespace), query), label, signal });
  if (stream.status !== 200) throw await refusalOf(stream, silenceMs);
  for await (const { type, object } of watchEvents(stream.body, silenceMs)) {
    if (type === 'ERROR') throw errorIn(object);
    if (!hasMetadata(object)) throw new Error('an event of the watch has no object');
    yield type === 'BOOKMARK' ? { type, object } : { type, object: { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind } as T };
  }
}

async function refusalOf(stream: TransportStream, silenceMs: number): Promise<ApiError> {
  const timer = setTimeout(() => stream.body.destroy(), silenceMs);
  let body = '';
  try {
    for await (const chunk of stream.body) {
      body += String(chunk);
      if (body.length > ERROR_BODY_MAX) break;
    }
  } catch {
    // The status alone says enough where the rest of the answer is lost.
  } finally {
    clearTimeout(timer);
    stream.body.destroy();
  }
  return apiErrorOf({ status: stream.status, headers: stream.headers, body });
}

function errorIn(object: unknown): Error {
  const status = readStatus(object);
  return status === undefined ? new Error('the watch sent an error that is no Status') : new ApiError(redactDeep(status));
}

function hasMetadata(
  object: Readonly<Record<string, unknown>>,
): object is Readonly<Record<string, unknown>> & Pick<KubeObject, 'metadata'> {
  return typeof object['metadata'] === 'object' && object['metadata'] !== null;
}
