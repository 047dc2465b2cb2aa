import { randomBytes } from 'node:crypto';
import type { KubeClient } from './client.ts';
import { eventMessage, eventName } from './event-text.ts';
import { isApiError } from './errors.ts';
import type { KubeObject, ObjectRef, ResourceKind } from './object.ts';
import { redact } from './redact.ts';
import { retrying } from './retry.ts';

const EVENTS: ResourceKind = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };

/** The object an Event is about. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for cluster-scoped objects; their Events are in `default`, where kubectl looks for them. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
}

/** One thing to tell. */
export interface Notice {
  readonly regarding: Regarding;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Writes Kubernetes Events without ever holding up or failing its caller. */
export interface EventRecorder {
  record(notice: Notice): void;
  /** Resolves when everything recorded so far is written, or given up. */
  flush(): Promise<void>;
}

export interface RecorderOptions {
  readonly client: KubeClient;
  /** Name of the component, shown as the source. */
  readonly component: string;
  /** Milliseconds for which Events of one object and reason are gathered into one. Default 1,000. */
  readonly windowMs?: number;
  /** Milliseconds for which the same words about the same object only raise the count of their Event. Default 600,000. */
  readonly repeatMs?: number;
  /** Events that may wait at most; more are dropped and reported. Default 1,000. */
  readonly queueMax?: number;
  readonly onProblem?: (error: unknown) => void;
  readonly now?: () => number;
}

/** What is told of one object for one reason within the window. */
interface Gathered {
  readonly notice: Notice;
  readonly first: number;
  readonly messages: Set<string>;
  count: number;
  timer: NodeJS.Timeout;
}

/** An Event that exists, so that the same words can raise its count. */
interface Written {
  readonly name: string;
  readonly at: number;
  readonly count: number;
}

const REMEMBERED_MAX = 1_000;
const GIVE_UP_AFTER_MS = 20_000;

/**
 * A recorder that gathers a burst: what is told of one object for one reason within the window becomes one Event with a
 * count, so that a transaction of 200 changes writes a few Events and not 200. What is told again and again in the same words
 * raises the count of the Event that is there, as client-go's recorder does.
 */
export function createEventRecorder(options: RecorderOptions): EventRecorder {
  const { windowMs = 1_000, queueMax = 1_000, onProblem = () => undefined, now = Date.now } = options;
  const gathering = new Map<string, Gathered>();
  const queue = createQueue(options);

  const hand = (key: string): void => {
    const gathered = gathering.get(key);
    if (gathered === undefined) return;
    clearTimeout(gathered.timer);
    gathering.delete(key);
    queue.write(gathered);
  };

  return {
    record(notice) {
      const key = [notice.regarding.uid, notice.type, notice.reason].join('/');
      const message = redact(notice.message);
      const known = gathering.get(key);
      if (known !== undefined) {
        known.count += 1;
        known.messages.add(message);
      } else if (gathering.size + queue.size() >= queueMax) {
        onProblem(new Error(`too many events wait to be written: ${notice.reason} was dropped`));
      } else {
        const timer = setTimeout(() => hand(key), windowMs).unref();
        gathering.set(key, { notice, first: now(), messages: new Set([message]), count: 1, timer });
      }
    },
    async flush() {
      for (const key of [...gathering.keys()]) hand(key);
      await queue.drained();
    },
  };
}

/** Writes what is handed over, several at a time; those of one object and words one after the other. */
function createQueue({ client, component, repeatMs = 600_000, onProblem = () => undefined, now = Date.now }: RecorderOptions) {
  const written = new Map<string, Written>();
  const writing = new Map<string, Promise<void>>();
  let waiting = 0;

  const write = async (gathered: Gathered, key: string): Promise<void> => {
    const before = written.get(key);
    const at = now();
    const repeated = before !== undefined && at - before.at < repeatMs ? await raiseCount(client, gathered, before, at) : undefined;
    written.delete(key);
    written.set(key, repeated ?? (await createEvent(client, component, gathered, at)));
    const [oldest] = written.keys();
    if (written.size > REMEMBERED_MAX && oldest !== undefined) written.delete(oldest);
  };

  return {
    size: () => waiting,
    write(gathered: Gathered): void {
      const { regarding, type, reason } = gathered.notice;
      const key = [regarding.uid, type, reason, ...gathered.messages].join('/');
      waiting += 1;
      const done = (writing.get(key) ?? Promise.resolve())
        .then(() => write(gathered, key))
        .catch(onProblem)
        .finally(() => {
          waiting -= 1;
          if (writing.get(key) === done) writing.delete(key);
        });
      writing.set(key, done);
    },
    async drained(): Promise<void> {
      while (writing.size > 0) await Promise.allSettled(writing.values());
    },
  };
}

async function createEvent(client: KubeClient, component: string, gathered: Gathered, now: number): Promise<Written> {
  const { notice, first, messages, count } = gathered;
  const name = eventName(notice.regarding.name, randomBytes(8).toString('hex'));
  const namespace = notice.regarding.namespace ?? 'default';
  const event: KubeObject = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: notice.regarding,
    type: notice.type,
    reason: notice.reason,
    message: eventMessage([...messages], count),
    source: { component },
    reportingComponent: component,
    firstTimestamp: rfc3339(first),
    lastTimestamp: rfc3339(now),
    count,
  };
  const create = async (): Promise<unknown> => client.create(eventRef(notice.regarding, name), event);
  await retrying(create, { deadlineMs: GIVE_UP_AFTER_MS }).catch((error: unknown) => {
    // The name is random: it exists because an earlier attempt arrived, whose answer did not.
    if (!isApiError(error, 409) || error.reason !== 'AlreadyExists') throw error;
  });
  return { name, at: now, count };
}

/** Undefined where the Event is gone meanwhile (they live for an hour). */
async function raiseCount(client: KubeClient, gathered: Gathered, before: Written, now: number): Promise<Written | undefined> {
  const count = before.count + gathered.count;
  const patch = { count, lastTimestamp: rfc3339(now) };
  const ref = eventRef(gathered.notice.regarding, before.name);
  try {
    await retrying(() => client.patch(ref, { type: 'merge', patch }), { deadlineMs: GIVE_UP_AFTER_MS });
    return { name: before.name, at: now, count };
  } catch (error) {
    if (isApiError(error, 404)) return undefined;
    throw error;
  }
}

function eventRef(regarding: Regarding, name: string): ObjectRef {
  return { kind: EVENTS, namespace: regarding.namespace ?? 'default', name };
}

// metav1.Time has whole seconds.
function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
