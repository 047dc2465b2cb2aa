import type { KubeClient } from '../kube/client.ts';
import { ApiError, isApiError, TransportError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/object.ts';
import { NAMESPACES, SECRETS } from '../kube/well-known.ts';
import type { LockRecord, Progress, RecordLookup } from '../lock/record.ts';
import { coalesceReads } from './coalesce.ts';

export interface RecordLookupOptions {
  readonly client: Pick<KubeClient, 'get'>;
  /** Janus's own namespace, where the records are. */
  readonly namespace: string;
  /** Reads a record out of its Secret. Throws when it is none. */
  readonly parse: (secret: KubeObject) => LockRecord;
  /** How far the executor is, where it runs in this process. */
  readonly progress?: (uid: string) => Progress | undefined;
  /** Milliseconds for one read. */
  readonly readTimeoutMs?: number;
  /** Milliseconds for the whole answer: less than the webhook's own 5 s, so that a refusal says why. */
  readonly deadlineMs?: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Looks up the record of a transaction by quorum reads (no `resourceVersion`), never older than the call. It is `absent` only if the
 * API server says that this very Secret does not exist while Janus's namespace does and stays. Whatever else goes wrong is
 * `unreadable`, with a reason fit for strangers. Never throws.
 */
export function recordLookup(options: RecordLookupOptions): (uid: string) => Promise<RecordLookup> {
  const { readTimeoutMs = 1_800, deadlineMs = 4_000 } = options;
  const readNamespace = coalesceReads((name) => options.client.get({ kind: NAMESPACES, name }, { timeoutMs: readTimeoutMs }));
  const readRecord = coalesceReads((uid) => readSecret(uid, options, readTimeoutMs));
  return async (uid) => {
    if (!UUID.test(uid)) return { found: 'unreadable', why: 'the lock does not name a transaction' };
    const answer = await within(deadlineMs, read(uid, options.namespace, readRecord, readNamespace));
    const progress = answer.found === 'record' ? options.progress?.(uid) : undefined;
    return answer.found === 'record' && progress !== undefined ? { ...answer, progress } : answer;
  };
}

async function read(
  uid: string,
  namespace: string,
  readRecord: (uid: string) => Promise<RecordLookup>,
  readNamespace: (name: string) => Promise<KubeObject>,
): Promise<RecordLookup> {
  try {
    const answer = await readRecord(uid);
    if (answer.found !== 'absent') return answer;
    return isTerminating(await readNamespace(namespace)) ? { found: 'unreadable', why: 'the namespace of Janus is being deleted' } : answer;
  } catch (error) {
    return { found: 'unreadable', why: explain(error) };
  }
}

async function readSecret(uid: string, options: RecordLookupOptions, timeoutMs: number): Promise<RecordLookup> {
  const name = `tx-${uid}`;
  let secret: KubeObject;
  try {
    secret = await options.client.get({ kind: SECRETS, namespace: options.namespace, name }, { timeoutMs });
  } catch (error) {
    if (saysAbsent(error, name)) return { found: 'absent' };
    throw error;
  }
  return parseFor(uid, secret, options.parse);
}

function parseFor(uid: string, secret: KubeObject, parse: (secret: KubeObject) => LockRecord): RecordLookup {
  try {
    const record = parse(secret);
    if (record.transaction.uid === uid) return { found: 'record', record };
    return { found: 'unreadable', why: 'its record belongs to another transaction' };
  } catch {
    return { found: 'unreadable', why: 'its record is damaged' };
  }
}

// A 404 of a proxy, or of a server that does not know the resource, does not name the object.
function saysAbsent(error: unknown, name: string): boolean {
  return isApiError(error, 404) && error.reason === 'NotFound' && error.status.details?.name === name;
}

function isTerminating(namespace: KubeObject): boolean {
  const status = namespace['status'] as { readonly phase?: unknown } | undefined;
  return namespace.metadata.deletionTimestamp !== undefined || status?.phase === 'Terminating';
}

function explain(error: unknown): string {
  if (error instanceof ApiError) return `the API server answered ${error.code} ${error.reason} to Janus`;
  if (error instanceof TransportError) return 'the API server did not answer Janus';
  return 'an internal fault of Janus';
}

async function within(deadlineMs: number, answer: Promise<RecordLookup>): Promise<RecordLookup> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<RecordLookup>((resolve) => {
    timer = setTimeout(
      () => resolve({ found: 'unreadable', why: `the API server did not answer Janus within ${deadlineMs} ms` }),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
