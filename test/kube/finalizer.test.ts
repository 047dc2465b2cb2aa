import { describe, expect, test } from 'vitest';
import type { KubeClient, PatchBody } from '../../src/kube/client.ts';
import { ApiError } from '../../src/kube/errors.ts';
import { addFinalizer, removeFinalizer } from '../../src/kube/finalizer.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { SECRETS } from '../../src/kube/well-known.ts';

const REF = { kind: SECRETS, namespace: 'n', name: 'it' };
const it = (finalizers: readonly string[] | undefined, rest: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'it', uid: 'u', resourceVersion: '1', ...(finalizers === undefined ? {} : { finalizers }), ...rest },
});

/** A server with one object. */
function server(stored: KubeObject | undefined) {
  const patches: unknown[] = [];
  const refuse = (code: number): never => {
    throw new ApiError({ code, reason: 'Test', message: String(code) });
  };
  const client = {
    get: () => Promise.resolve().then(() => stored ?? refuse(404)),
    patch: (_ref: unknown, body: PatchBody) =>
      Promise.resolve().then(() => {
        const { metadata } = (body as { patch: { metadata: KubeObject['metadata'] } }).patch;
        patches.push(metadata);
        if (stored === undefined) return refuse(404);
        if (metadata.uid !== stored.metadata.uid || metadata.resourceVersion !== stored.metadata.resourceVersion) return refuse(409);
        stored = { ...stored, metadata: { ...stored.metadata, ...metadata, resourceVersion: `${metadata.resourceVersion ?? ''}+` } };
        return { object: stored, created: false, warnings: [] };
      }),
  } as unknown as Pick<KubeClient, 'get' | 'patch'>;
  return { client, patches, now: () => stored };
}

describe('a finalizer', () => {
  test('is put beside those of others, and taken off without them', async () => {
    const { client } = server(it(['theirs']));
    const added = await addFinalizer(client, REF, it(['theirs']), 'ours');
    expect(added?.metadata.finalizers).toEqual(['theirs', 'ours']);
    const removed = await removeFinalizer(client, REF, added ?? it([]), 'ours');
    expect(removed?.metadata.finalizers).toEqual(['theirs']);
  });

  test('is put on, and taken off, where others have edited the object since it was read', async () => {
    const { client, now } = server(it(['theirs', 'new'], { resourceVersion: '7' }));
    await addFinalizer(client, REF, it(['theirs']), 'ours');
    expect(now()?.metadata.finalizers).toEqual(['theirs', 'new', 'ours']);
    await removeFinalizer(client, REF, it(['theirs', 'ours']), 'ours');
    expect(now()?.metadata.finalizers).toEqual(['theirs', 'new']);
  });

  test('costs no write where nothing is to change', async () => {
    const { client, patches } = server(it(undefined));
    expect(await removeFinalizer(client, REF, it(undefined), 'ours')).toEqual(it(undefined));
    expect(await addFinalizer(client, REF, it(['ours']), 'ours')).toEqual(it(['ours']));
    expect(patches).toEqual([]);
  });

  test('is not put on what is going already', async () => {
    const { client, patches } = server(it([]));
    expect(await addFinalizer(client, REF, it(['theirs'], { deletionTimestamp: '2026-01-01T00:00:00Z' }), 'ours')).toBeUndefined();
    expect(patches).toEqual([]);
  });

  test('of an object that is gone is no matter, and that of another one under its name is left alone', async () => {
    expect(await removeFinalizer(server(undefined).client, REF, it(['ours']), 'ours')).toBeUndefined();
    const { client, now } = server(it(['ours'], { uid: 'another' }));
    expect(await removeFinalizer(client, REF, it(['ours']), 'ours')).toBeUndefined();
    expect(now()?.metadata.finalizers).toEqual(['ours']);
  });
});
