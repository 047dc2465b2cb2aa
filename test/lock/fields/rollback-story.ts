import { expect } from 'vitest';
import type { KubeClient, PatchBody } from '../../../src/kube/client.ts';
import { isApiError } from '../../../src/kube/errors.ts';
import type { FieldsV1, KubeObject, ManagedFieldsEntry, ObjectRef, ResourceKind } from '../../../src/kube/object.ts';
import { apiVersionOf } from '../../../src/kube/object.ts';
import { changedFields } from '../../../src/lock/fields/changed.ts';
import { restoreOwnership } from '../../../src/lock/fields/ownership.ts';
import { restorePatch, unrestoredFields } from '../../../src/lock/fields/restore.ts';
import { unionOf } from '../../../src/lock/fields/set.ts';
import { LOCK_LABEL } from '../../../src/lock/label.ts';

const LOCK = '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b.1.abcdef01';
const LABEL_POINTER = `/metadata/labels/${LOCK_LABEL.replace('/', '~1')}`;
const APPLIER = 'janus-x';
const LOCKER = 'janus-lock';

/** One object on a real server, and what a transaction does to it. Managers of the transaction are called `janus-…`. */
export class Story {
  readonly #client: KubeClient;
  readonly ref: ObjectRef;

  constructor(client: KubeClient, kind: ResourceKind, name: string) {
    this.#client = client;
    this.ref = { kind, namespace: 'default', name };
  }

  get(): Promise<KubeObject> {
    return this.#client.get(this.ref);
  }

  /** Server-side apply, always by force. */
  async apply(manager: string, content: object): Promise<KubeObject> {
    const kind = this.ref.kind;
    return (await this.#client.apply(this.ref, this.#named(content, apiVersionOf(kind), kind.kind), { fieldManager: manager, force: true }))
      .object;
  }

  async create(manager: string, content: object): Promise<KubeObject> {
    return (
      await this.#client.create(this.ref, this.#named(content, apiVersionOf(this.ref.kind), this.ref.kind.kind), { fieldManager: manager })
    ).object;
  }

  async merge(manager: string, patch: unknown, subresource?: string): Promise<KubeObject> {
    return this.#patch(manager, { type: 'merge', patch }, subresource);
  }

  /**
   * Gives the entries of managedFields different times long past, so that a new time is seen. A server ignores a write that
   * changes nothing but times, hence the label that comes and goes.
   */
  async aged(): Promise<KubeObject> {
    const { metadata } = await this.get();
    if (metadata.managedFields === undefined) return this.get();
    const value = metadata.managedFields.map((entry, index) => ({ ...entry, time: `2024-01-01T00:00:${String(10 + index)}Z` }));
    await this.merge('ageing', { metadata: { labels: { ageing: 'x' } } });
    const operations = [
      { op: 'remove', path: '/metadata/labels/ageing' },
      { op: 'replace', path: '/metadata/managedFields', value },
    ] as const;
    return this.#patch('ageing', { type: 'json', operations });
  }

  /** The lock's own answer: the before-image, once label and our managers are left out. */
  async lock(): Promise<KubeObject> {
    return withoutLock(await this.merge(LOCKER, { metadata: { labels: { [LOCK_LABEL]: LOCK } } }));
  }

  /** What a Patch does under its lock. */
  transact(content: Readonly<Record<string, unknown>>, manager = APPLIER): Promise<KubeObject> {
    const metadata = (content['metadata'] ?? {}) as { labels?: object };
    return this.apply(manager, { ...content, metadata: { ...metadata, labels: { ...metadata.labels, [LOCK_LABEL]: LOCK } } });
  }

  /** What is locked and put back: what we wrote, and what differs. */
  fields(before: KubeObject, after: KubeObject): FieldsV1 {
    return unionOf(
      changedFields(before, after),
      ...(after.metadata.managedFields ?? []).filter((entry) => entry.manager === APPLIER).map((entry) => entry.fieldsV1),
    );
  }

  /** Values back, then, in a write of its own, label off and owners back. `stale` is what the executor has last seen. */
  async undo(before: KubeObject, fields: FieldsV1, stale?: KubeObject): Promise<KubeObject> {
    const live = stale ?? (await this.get());
    const test = { op: 'test', path: LABEL_POINTER, value: LOCK } as const;
    const othersOwn = unionOf(
      ...(live.metadata.managedFields ?? []).filter((entry) => !ours(entry.manager ?? '')).map((entry) => entry.fieldsV1),
    );
    const operations = restorePatch({ before, live, fields, othersOwn });
    let restored = live;
    try {
      if (operations.length > 0) restored = await this.#patch(LOCKER, { type: 'json', operations: [test, ...operations] });
    } catch (error) {
      if (stale !== undefined && isApiError(error, 422)) return this.undo(before, fields);
      throw error;
    }
    expect(unrestoredFields({ before, live: restored, fields, othersOwn })).toEqual({});
    const value = restoreOwnership({
      before: before.metadata.managedFields ?? [],
      live: restored.metadata.managedFields ?? [],
      ours,
      restored: fields,
      apiVersion: apiVersionOf(this.ref.kind),
    });
    const unlock = [test, { op: 'remove', path: LABEL_POINTER }, { op: 'add', path: '/metadata/managedFields', value }] as const;
    return this.#patch(LOCKER, { type: 'json', operations: unlock });
  }

  async #patch(manager: string, body: PatchBody, subresource?: string): Promise<KubeObject> {
    return (await this.#client.patch(this.ref, body, { fieldManager: manager, ...(subresource === undefined ? {} : { subresource }) }))
      .object;
  }

  #named(content: object, apiVersion: string, kind: string): KubeObject {
    const metadata = 'metadata' in content ? (content.metadata as object) : {};
    return { apiVersion, kind, ...content, metadata: { ...metadata, name: this.ref.name, namespace: 'default' } };
  }
}

export function ours(manager: string): boolean {
  return manager.startsWith('janus-');
}

/** An object without the lock and what our managers own. */
export function withoutLock(object: KubeObject): KubeObject {
  const { labels = {}, managedFields = [], ...metadata } = object.metadata;
  const others = Object.entries(labels).filter(([name]) => name !== LOCK_LABEL);
  return {
    ...object,
    metadata: {
      ...metadata,
      managedFields: managedFields.filter((entry) => !ours(entry.manager ?? '')),
      ...(others.length > 0 ? { labels: Object.fromEntries(others) } : {}),
    },
  };
}

/** Everything that a rollback must bring back: the whole object apart from what counts its versions. */
export function exactly(object: KubeObject): unknown {
  const { resourceVersion: _resourceVersion, generation: _generation, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The entry of one manager. */
export function entryOf(object: KubeObject, manager: string): ManagedFieldsEntry | undefined {
  return object.metadata.managedFields?.find((entry) => entry.manager === manager);
}
