import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { KubeObject, ObjectRef } from '../kube/object.ts';
import { SECRETS } from '../kube/well-known.ts';
import { retrying } from '../kube/retry.ts';
import { decodeImages, encodeImages, groupsOf, type BeforeImages } from './images.ts';
import { decodeRecord, encodeRecord, isOpen, type ImageSegment, type SagaRecord } from './record.ts';

/** Label of every Secret of a transaction; its value is the transaction's uid. */
export const RECORD_LABEL = 'tx.janus.io/record-of';
/** Label of a record while its transaction is open: those few are found without reading all that have ended. */
export const OPEN_LABEL = 'tx.janus.io/open';
/** Type of the Secrets that hold records. */
export const RECORD_TYPE = 'tx.janus.io/record';
const IMAGES_TYPE = 'tx.janus.io/before-images';

/** Records of one page: each may have 1 MiB, and an answer over 64 MiB is not read. */
export const RECORDS_PAGE = 40;

/** A record as it was read, with what a compare-and-swap needs. */
export interface StoredRecord {
  readonly record: SagaRecord;
  readonly resourceVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Somebody else has changed the record: whoever sees this must stop, for it no longer leads this transaction. */
export class RecordTakenError extends Error {
  override readonly name = 'RecordTakenError';
}

/** Records and before-images as Secrets of Janus's own namespace. */
export class RecordStore {
  readonly #client: KubeClient;
  readonly #namespace: string;

  constructor(client: KubeClient, systemNamespace: string) {
    this.#client = client;
    this.#namespace = systemNamespace;
  }

  /** The record by a quorum read, or undefined when there is none. */
  async read(uid: string): Promise<StoredRecord | undefined> {
    try {
      return storedFrom(await retrying(() => this.#client.get(this.#ref(recordName(uid)))));
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      throw error;
    }
  }

  /** Every record there is; `broken` names the Secrets that hold none we can read. */
  async list(): Promise<{ readonly records: readonly StoredRecord[]; readonly broken: readonly string[] }> {
    const list = await retrying(() =>
      this.#client.list(SECRETS, {
        namespace: this.#namespace,
        labelSelector: RECORD_LABEL,
        fieldSelector: `type=${RECORD_TYPE}`,
        limit: RECORDS_PAGE,
      }),
    );
    const records: StoredRecord[] = [];
    const broken: string[] = [];
    for (const secret of list.items) {
      try {
        records.push(storedFrom(secret));
      } catch {
        broken.push(secret.metadata.name ?? '');
      }
    }
    return { records, broken };
  }

  /** @throws RecordTakenError when there is one already. */
  async create(record: SagaRecord): Promise<StoredRecord> {
    const secret = this.#secret(recordName(record.transaction.uid), RECORD_TYPE, record, encodeRecord(record));
    return this.#write(record, (attempt) => this.#client.create(this.#ref(recordName(record.transaction.uid)), secret, attempt));
  }

  /** @throws RecordTakenError when the record is no longer the one that was read. */
  async replace(stored: StoredRecord, record: SagaRecord): Promise<StoredRecord> {
    const name = recordName(record.transaction.uid);
    const secret = this.#secret(name, RECORD_TYPE, record, encodeRecord(record));
    const metadata = { ...secret.metadata, resourceVersion: stored.resourceVersion };
    return this.#write(record, (attempt) => this.#client.update(this.#ref(name), { ...secret, metadata }, attempt));
  }

  /**
   * Writes before-images under names no other attempt uses, so that a late writer cannot touch them; group by group, so that
   * compressing them takes little more memory than they have themselves.
   */
  async saveImages(record: SagaRecord, images: BeforeImages): Promise<readonly ImageSegment[]> {
    const segments: ImageSegment[] = [];
    for (const group of groupsOf(images)) {
      const part = (record.images?.length ?? 0) + segments.length;
      const chunks = encodeImages(group.images);
      await Promise.all(
        chunks.map((chunk, n) => this.#saveChunk(record, imagesName(record.transaction.uid, record.attempt, part, n), chunk)),
      );
      segments.push({ attempt: record.attempt, part, chunks: chunks.length, targets: group.targets });
    }
    return segments;
  }

  /** Every before-image of a record, by target. @throws ApiError 404 when a Secret of them is gone. */
  async loadImages(record: SagaRecord): Promise<BeforeImages> {
    const images = new Map<number, KubeObject>();
    for (const segment of record.images ?? []) {
      const names = Array.from({ length: segment.chunks }, (_, n) => imagesName(record.transaction.uid, segment.attempt, segment.part, n));
      const secrets = await Promise.all(names.map((name) => retrying(() => this.#client.get(this.#ref(name)))));
      for (const [at, image] of decodeImages(secrets.map(payloadOf)).entries()) images.set(segment.targets[at] ?? -1, image);
    }
    return images;
  }

  /** Removes the record and everything that belongs to it; the record last, so that an interrupted removal is found again. */
  async remove(uid: string): Promise<void> {
    const labelSelector = `${RECORD_LABEL}=${uid}`;
    const all = await retrying(() => this.#client.list(SECRETS, { namespace: this.#namespace, labelSelector, metadataOnly: true }));
    const names = all.items.map((secret) => secret.metadata.name ?? '').filter((name) => name !== recordName(uid));
    await Promise.all(names.map((name) => this.#delete(name)));
    await this.#delete(recordName(uid));
  }

  async #saveChunk(record: SagaRecord, name: string, chunk: Buffer): Promise<void> {
    const secret = this.#secret(name, IMAGES_TYPE, record, chunk, true);
    try {
      await retrying(() => this.#client.create(this.#ref(name), secret));
    } catch (error) {
      // A retry after a lost answer meets its own Secret: names are unique to the attempt and it is immutable.
      if (!isApiError(error, 409)) throw error;
    }
  }

  async #write(record: SagaRecord, send: (options: object) => Promise<{ readonly object: KubeObject }>): Promise<StoredRecord> {
    const unanswered = { once: false };
    try {
      return await retrying(async () => storedFrom((await send({})).object), { onRetry: () => void (unanswered.once = true) });
    } catch (error) {
      if (!isApiError(error, 409)) throw error;
      // Our own write may have landed with its answer lost; then what is there is, byte for byte, what we meant to write.
      const present = unanswered.once ? await this.read(record.transaction.uid) : undefined;
      if (present !== undefined && JSON.stringify(present.record) === JSON.stringify(record)) return present;
      throw new RecordTakenError(
        `the record of ${record.transaction.namespace}/${record.transaction.name} was changed by another executor`,
        { cause: error },
      );
    }
  }

  async #delete(name: string): Promise<void> {
    try {
      await retrying(() => this.#client.delete(this.#ref(name)));
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
    }
  }

  #ref(name: string): ObjectRef {
    return { kind: SECRETS, namespace: this.#namespace, name };
  }

  #secret(name: string, type: string, record: SagaRecord, payload: Buffer, immutable = false): KubeObject {
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace: this.#namespace,
        labels: { [RECORD_LABEL]: record.transaction.uid, ...(type === RECORD_TYPE && isOpen(record) ? { [OPEN_LABEL]: '' } : {}) },
        annotations: { 'tx.janus.io/transaction': `${record.transaction.namespace}/${record.transaction.name}` },
      },
      type,
      data: { payload: payload.toString('base64') },
      ...(immutable ? { immutable: true } : {}),
    };
  }
}

/** Name of the Secret that holds a transaction's record. */
export function recordName(uid: string): string {
  return `tx-${uid}`;
}

function imagesName(uid: string, attempt: number, part: number, n: number): string {
  return `tx-${uid}-${String(attempt)}-${String(part)}-${String(n)}`;
}

/** The record in a Secret as the API server returned it. @throws Error when it holds none. */
export function storedFrom(secret: KubeObject): StoredRecord {
  return {
    record: decodeRecord(payloadOf(secret)),
    resourceVersion: secret.metadata.resourceVersion ?? '',
    annotations: secret.metadata.annotations ?? {},
  };
}

function payloadOf(secret: KubeObject): Uint8Array {
  const payload = (secret['data'] as { payload?: string } | undefined)?.payload;
  if (payload === undefined) throw new Error(`Secret ${secret.metadata.name ?? ''} has no payload`);
  return Buffer.from(payload, 'base64');
}
