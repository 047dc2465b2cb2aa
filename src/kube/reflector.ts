import type { KubeClient } from './client.ts';
import { isApiError, retryAfterMs } from './errors.ts';
import type { KubeObject, ResourceKind } from './object.ts';
import { createObjectStore, type ObjectEvent, type ObjectStore } from './object-store.ts';
import { pause } from './pause.ts';
import { backoffMs } from './retry.ts';
import type { Transport } from './transport.ts';
import { SilentWatchError } from './watch-lines.ts';
import { watchChanges } from './watch.ts';

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly transport: Transport;
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** `metadata.name=x` watches one object: what RBAC can allow by name. */
  readonly fieldSelector?: string;
  readonly signal: AbortSignal;
  /** Called in the order of events, one at a time. What it throws goes to `onProblem` and does not disturb the watch. */
  readonly onEvent: (event: ObjectEvent<T>) => void;
  /** Hears why a watch was begun anew. */
  readonly onProblem?: (error: unknown) => void;
  /** Seconds after which the server is asked to end a watch; jittered up to half as much again. Default 240. */
  readonly watchSeconds?: number;
  /** Milliseconds without a byte after which a connection counts as dead. Bookmarks come about once a minute. Default 90,000. */
  readonly silenceMs?: number;
  /** Upper bound of the first pause after a failure, in milliseconds; doubles up to 30 s. Default 200. */
  readonly baseMs?: number;
  readonly random?: () => number;
  readonly now?: () => number;
}

/** A view of all objects of a kind, kept in step by list and watch. */
export interface Reflector<T extends KubeObject> {
  /** Resolves when the first list is in; rejects when the signal aborts before. */
  readonly synced: Promise<void>;
  /** Resolves when the signal has ended it. */
  readonly ended: Promise<void>;
  get(uid: string): T | undefined;
  list(): readonly T[];
  /** Milliseconds of the clock at which something was last heard, a bookmark included. */
  lastHeardAt(): number;
}

const MAX_PAUSE_MS = 30_000;
/** A watch that the server ends sooner than this was not worth its connection: the next one waits. Milliseconds. */
const SHORT_MS = 1_000;
/** Failures in a row after which what is known counts as too doubtful to go on from. */
const DOUBTFUL_AFTER = 5;

/**
 * Begins to list and watch, and never gives up until its signal aborts: after a clean end it goes on from the last event, after
 * 410 (too old), silence, or repeated failures it lists anew and tells the difference.
 */
export function watchResource<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const { now = Date.now } = options;
  let heardAt = now();
  let settle: { resolve(): void; reject(error: Error): void } | undefined;
  const synced = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  synced.catch(() => undefined);
  const store = createObjectStore<T>((event) => {
    try {
      options.onEvent(event);
    } catch (error) {
      options.onProblem?.(error);
    }
  });
  const progress: Progress = { heard: () => void (heardAt = now()), synced: () => settle?.resolve() };
  const ended = run(options, store, progress).then(() => settle?.reject(new Error('the watch was ended before its first list was in')));
  return { synced, ended, get: store.get, list: store.list, lastHeardAt: () => heardAt };
}

interface Progress {
  heard(): void;
  synced(): void;
}

async function run<T extends KubeObject>(options: ReflectorOptions<T>, store: ObjectStore<T>, progress: Progress): Promise<void> {
  const { signal, now = Date.now } = options;
  let version: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    const begun = now();
    let problem: unknown;
    try {
      version ??= await firstList(options, store, progress);
      for await (const reached of watchOnce(options, store, version)) {
        version = reached;
        failures = 0;
        progress.heard();
      }
      failures = now() - begun < SHORT_MS ? failures + 1 : 0;
    } catch (error) {
      problem = error;
      failures += 1;
      if (mustRelist(error) || failures % DOUBTFUL_AFTER === 0) version = undefined;
      tell(options, error);
    }
    if (failures > 0) await pause(waitAfter(failures, problem, options), signal);
  }
}

function waitAfter<T extends KubeObject>(failures: number, problem: unknown, options: ReflectorOptions<T>): number {
  const { baseMs = 200, random = Math.random } = options;
  return Math.max(retryAfterMs(problem) ?? 0, backoffMs(failures, { baseMs, maxMs: MAX_PAUSE_MS, random }));
}

async function firstList<T extends KubeObject>(options: ReflectorOptions<T>, store: ObjectStore<T>, progress: Progress): Promise<string> {
  const version = await relist(options, store);
  progress.heard();
  progress.synced();
  return version;
}

// What fails because we are being ended is no problem.
function tell<T extends KubeObject>({ signal, onProblem }: ReflectorOptions<T>, error: unknown): void {
  if (!signal.aborted) onProblem?.(error);
}

/** Whether what we have seen is no place to go on from: too old, ahead of a restored server, or of a connection that died silently. */
function mustRelist(error: unknown): boolean {
  if (error instanceof SilentWatchError) return true;
  if (!isApiError(error)) return false;
  return error.code === 410 || (error.status.details?.causes ?? []).some(({ reason }) => reason === 'ResourceVersionTooLarge');
}

async function relist<T extends KubeObject>(options: ReflectorOptions<T>, store: ObjectStore<T>): Promise<string> {
  const { client, kind, namespace, labelSelector, fieldSelector, signal } = options;
  const list = await client.list<T>(kind, {
    limit: 500,
    signal,
    timeoutMs: 60_000,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  });
  store.replace(list.items);
  return list.metadata.resourceVersion ?? '';
}

/** The resourceVersions that one watch has come to, each after its change is in the store. */
async function* watchOnce<T extends KubeObject>(options: ReflectorOptions<T>, store: ObjectStore<T>, from: string): AsyncGenerator<string> {
  const {
    transport,
    kind,
    namespace,
    labelSelector,
    fieldSelector,
    signal,
    random = Math.random,
    watchSeconds = 240,
    silenceMs = 90_000,
  } = options;
  const changes = watchChanges<T>({
    transport,
    kind,
    signal,
    silenceMs,
    resourceVersion: from,
    timeoutSeconds: Math.ceil(watchSeconds * (1 + random() / 2)),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  });
  let reached = from;
  for await (const change of changes) {
    if (change.type === 'DELETED') store.forget(change.object);
    else if (change.type !== 'BOOKMARK') store.keep(change.object);
    reached = change.object.metadata.resourceVersion ?? reached;
    yield reached;
  }
}
