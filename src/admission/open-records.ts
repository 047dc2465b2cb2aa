import type { KubeClient } from '../kube/client.ts';
import { ApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/object.ts';
import { SECRETS } from '../kube/well-known.ts';
import type { OpenRecord, OpenRecords } from '../lock/container/records.ts';
import type { LockRecord, Progress } from '../lock/record.ts';
import { isOpen } from '../transaction/record.ts';
import { OPEN_LABEL, RECORD_TYPE, RECORDS_PAGE } from '../transaction/record-store.ts';
import { coalesceReads } from './coalesce.ts';

export interface OpenRecordsOptions {
  readonly client: Pick<KubeClient, 'list'>;
  /** Janus's own namespace, where the records are. */
  readonly namespace: string;
  /** Reads a record out of its Secret. Throws when it is none. */
  readonly parse: (secret: KubeObject) => LockRecord;
  readonly progress?: (uid: string) => Progress | undefined;
  /** Milliseconds for the whole answer: less than the webhook's own 5 s, so that a refusal says why. */
  readonly deadlineMs?: number;
}

/**
 * Lists the records of all open transactions by quorum reads, never older than the call, the oldest transaction first. Those that
 * ask at once share an answer. Never throws.
 */
export function openRecords(options: OpenRecordsOptions): () => Promise<OpenRecords> {
  const read = coalesceReads(() => list(options));
  return () => read('');
}

async function list({ client, namespace, parse, progress, deadlineMs = 4_000 }: OpenRecordsOptions): Promise<OpenRecords> {
  try {
    const { items } = await client.list(SECRETS, {
      namespace,
      labelSelector: OPEN_LABEL,
      fieldSelector: `type=${RECORD_TYPE}`,
      limit: RECORDS_PAGE,
      timeoutMs: deadlineMs,
      signal: AbortSignal.timeout(deadlineMs),
    });
    const records: OpenRecord[] = [];
    for (const secret of items) {
      const record = parsed(secret, parse);
      if (record === undefined) return { found: 'unreadable', why: `the record in Secret ${secret.metadata.name ?? ''} is damaged` };
      const told = progress?.(record.transaction.uid);
      if (isOpen(record)) records.push({ record, ...(told === undefined ? {} : { progress: told }) });
    }
    return { found: 'records', records: records.sort((one, other) => (one.record.lockedSince < other.record.lockedSince ? -1 : 1)) };
  } catch (error) {
    const why =
      error instanceof ApiError
        ? `the API server answered ${error.code} ${error.reason} to Janus`
        : `the API server did not answer Janus within ${deadlineMs} ms`;
    return { found: 'unreadable', why };
  }
}

function parsed(secret: KubeObject, parse: OpenRecordsOptions['parse']): LockRecord | undefined {
  try {
    return parse(secret);
  } catch {
    return undefined;
  }
}
