import { gunzipSync, gzipSync } from 'node:zlib';
import type { FieldsV1 } from '../kube/object.ts';
import type { LockRecord, RecordTarget } from '../lock/record.ts';

/** What a commit left of one object. */
export interface After {
  /** Absent where the object was deleted. */
  readonly uid?: string;
  /** A hash of what the transaction had locked. */
  readonly fingerprint?: string;
  /** Where it had locked the whole object: the fields that it changed, and a hash of those. */
  readonly partly?: { readonly fields: FieldsV1; readonly fingerprint: string };
  /** An answer to its Create was lost: the same Create may land once more. */
  readonly unanswered?: boolean;
}

/** What the saga keeps of one object beyond what the webhook needs. */
export interface SagaTarget extends RecordTarget {
  /** How the label is written: by patch, or by PUT where the ServiceAccount may only update. */
  readonly lockBy: 'patch' | 'put';
  /** Could not be judged before earlier changes were made: it is locked, and its before-image is taken, only when its order comes. */
  readonly deferred?: boolean;
  /** What the commit left behind; absent until `Committed`. */
  readonly after?: After;
  /** Others have changed something else of the object since the commit: a rollback puts back these fields and no more. */
  readonly within?: FieldsV1;
  /** A rollback of what was committed has not been able to lock this object anew yet. */
  readonly pending?: boolean;
  /** As the transaction last knew this object, noted when it learned that locks were not enforced. */
  readonly known?: After;
}

/** Before-images that were taken together, in the Secrets `tx-<uid>-<attempt>-<part>-<n>` with n below `chunks`. */
export interface ImageSegment {
  readonly attempt: number;
  readonly part: number;
  readonly chunks: number;
  /** Indexes into `SagaRecord.targets`, one an image. */
  readonly targets: readonly number[];
}

/**
 * The truth about one transaction, in the Secret `tx-<uid>` of Janus's namespace, changed only by compare-and-swap.
 * `Transaction.status` mirrors it and is never read for a decision.
 */
export interface SagaRecord extends LockRecord {
  readonly schema: 1;
  readonly targets: readonly SagaTarget[];
  /** Where the before-images are; absent until every object that could be locked at the start is. */
  readonly images?: readonly ImageSegment[];
  /** A rollback that must lock everything anew first (request-rollback, retry): nothing of it is undone while this is set. */
  readonly relock?: boolean;
  /** The term of enforcement in which its locks were taken; what carries them can be relied on while that is unbroken. */
  readonly term?: string;
  /** Locks were not enforced for a while: what carries them must be looked at first. */
  readonly doubtful?: boolean;
  /** RFC 3339; when the first rollback began. No Create is sent after it. */
  readonly rollingBackSince?: string;
  /** A rollback that puts back what others changed since, too. */
  readonly force?: boolean;
  /** What the status says once the record has ended; absent: what the record's phase says. */
  readonly outcome?: 'RolledBack' | 'Failed';
  /** Why it was rolled back or failed, in words for the status. */
  readonly because?: string;
  /** Paths that could not be put back exactly. */
  readonly inexact?: readonly string[];
  /** RFC 3339; when it was committed or rolled back. */
  readonly endedAt?: string;
  /** The `endedAt` after which everything was looked through for what late writes may have left. */
  readonly cleanedAfter?: string;
}

/** True while the transaction's labels hold. */
export function isOpen(record: Pick<LockRecord, 'phase'>): boolean {
  return record.phase !== 'Committed' && record.phase !== 'RolledBack';
}

/** The target of a record by index. @throws Error on an index the record does not have: a defect of ours. */
export function targetAt(record: SagaRecord, index: number): SagaTarget {
  const target = record.targets[index];
  if (target === undefined) throw new Error(`record of ${record.transaction.name} has no target ${String(index)}`);
  return target;
}

/** Bytes that a record may have before the commit: a Secret holds 1 MiB, and what a commit or a rollback learns must find room. */
export const RECORD_BYTES = 900 * 1024;

/** Bytes by which a commit makes the record grow, an object: a hash, and the uid of what was created. */
const AFTER_BYTES = 64;

/** Of fewer objects than this every record fits, whatever it locks of them. */
const SURELY_FITS = 200;

/** What to say where a record is too large to be kept: known before anything is changed. Undefined where it fits. */
export function tooLarge(record: SagaRecord): string | undefined {
  if (record.targets.length < SURELY_FITS) return undefined;
  const bytes = encodeRecord(record).length + record.targets.length * AFTER_BYTES;
  if (bytes <= RECORD_BYTES) return undefined;
  const [needed, room] = [bytes, RECORD_BYTES].map((one) => Math.ceil(one / 1024));
  return `what must be known of its ${String(record.targets.length)} objects takes ${String(needed)} KiB, and there is room for ${String(room)}: make two transactions of it`;
}

/** Compressed JSON: 5,000 objects of a few locked fields each take some 600 KB. */
export function encodeRecord(record: SagaRecord): Buffer {
  return gzipSync(JSON.stringify(record), { level: 1 });
}

/**
 * Reads what `encodeRecord` wrote.
 * @throws Error when the bytes are no record of a schema we know: then nothing may be concluded from it.
 */
export function decodeRecord(bytes: Uint8Array): SagaRecord {
  const value: unknown = JSON.parse(gunzipSync(bytes, { maxOutputLength: 64 * 1024 * 1024 }).toString('utf8'));
  if (!isRecord(value)) throw new Error('not a transaction record of schema 1');
  return value;
}

function isRecord(value: unknown): value is SagaRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<SagaRecord>;
  return (
    record.schema === 1 &&
    typeof record.attempt === 'number' &&
    typeof record.phase === 'string' &&
    Array.isArray(record.targets) &&
    typeof record.transaction?.uid === 'string'
  );
}
