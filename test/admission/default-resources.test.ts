import { describe, expect, test } from 'vitest';
import { mutateResources } from '../../src/admission/resources.ts';
import type { ReviewedObject } from '../../src/admission/review.ts';
import { stampOf } from '../../src/admission/stamp.ts';
import { applyPatch } from './json-patch.ts';
import type { ReviewParts } from './reviews.ts';
import { ALICE, BOB, resourceChange, reviewRequest, transaction } from './reviews.ts';

const REQUESTER = 'tx.janus.io/requester';
const SEALED_BY = 'tx.janus.io/sealed-by';
const mutate = mutateResources();

/** The object after defaulting. */
async function defaulted(
  parts: ReviewParts & { readonly object: ReviewedObject },
): Promise<{ metadata: { annotations?: Record<string, string>; finalizers?: string[] } }> {
  const verdict = await mutate(reviewRequest(parts));
  if (!verdict.allowed) throw new Error(verdict.status.message);
  return applyPatch(parts.object, verdict.patch ?? []) as never;
}

describe('creating a Transaction', () => {
  test('stamps who asked, and nothing else while it is a draft', async () => {
    const { metadata } = await defaulted({ object: transaction({ serviceAccountName: 'deployer' }) });
    expect(metadata.annotations).toEqual({ [REQUESTER]: stampOf(ALICE) });
    expect(metadata.finalizers).toBeUndefined();
  });

  test('overwrites stamps that the user made up', async () => {
    const forged = { annotations: { [REQUESTER]: stampOf(BOB), [SEALED_BY]: stampOf(BOB), mine: '1' } };
    const { metadata } = await defaulted({ object: transaction({}, forged) });
    expect(metadata.annotations).toEqual({ [REQUESTER]: stampOf(ALICE), mine: '1' });
  });

  test('sealed at once stamps, protects and prepares for rollback', async () => {
    const { metadata } = await defaulted({ object: transaction({ sealed: true }, { annotations: { [SEALED_BY]: 'forged' } }) });
    expect(metadata.annotations).toEqual({
      [REQUESTER]: stampOf(ALICE),
      [SEALED_BY]: stampOf(ALICE),
      'tx.janus.io/automatic-rollback': 'true',
    });
    expect(metadata.finalizers).toEqual(['tx.janus.io/lease-cleanup', 'tx.janus.io/rollback-protection']);
  });

  test('works for a draft without spec', async () => {
    expect((await defaulted({ object: transaction(undefined) })).metadata.annotations).toEqual({ [REQUESTER]: stampOf(ALICE) });
  });
});

describe('sealing a Transaction', () => {
  const draft = transaction({ serviceAccountName: 'deployer' }, { annotations: { [REQUESTER]: stampOf(BOB) }, finalizers: ['mine'] });
  const sealed = transaction({ serviceAccountName: 'deployer', sealed: true }, draft['metadata'] as ReviewedObject);

  test('stamps who sealed it, and keeps who asked for it', async () => {
    const { metadata } = await defaulted({ operation: 'UPDATE', object: sealed, oldObject: draft });
    expect(metadata.annotations).toEqual({
      [REQUESTER]: stampOf(BOB),
      [SEALED_BY]: stampOf(ALICE),
      'tx.janus.io/automatic-rollback': 'true',
    });
    expect(metadata.finalizers).toEqual(['mine', 'tx.janus.io/lease-cleanup', 'tx.janus.io/rollback-protection']);
  });

  test('keeps an automatic-rollback that somebody set', async () => {
    const annotations = { [REQUESTER]: stampOf(BOB), 'tx.janus.io/automatic-rollback': 'yes' };
    const object = transaction({ sealed: true }, { annotations });
    const { metadata } = await defaulted({ operation: 'UPDATE', object, oldObject: draft });
    expect(metadata.annotations?.['tx.janus.io/automatic-rollback']).toBe('yes');
  });

  test('adds no finalizer to one that is being deleted, which the API server would refuse', async () => {
    const { annotations } = draft['metadata'] as ReviewedObject;
    const object = transaction({ sealed: true }, { annotations, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['mine'] });
    expect((await defaulted({ operation: 'UPDATE', object, oldObject: draft })).metadata.finalizers).toEqual(['mine']);
  });

  test('is repeatable: a second look changes nothing', async () => {
    const once = (await defaulted({ operation: 'UPDATE', object: sealed, oldObject: draft })) as unknown as ReviewedObject;
    expect(await mutate(reviewRequest({ operation: 'UPDATE', object: once, oldObject: draft }))).toMatchObject({
      allowed: true,
      patch: [],
    });
  });

  test('happens once: later updates are left as they are', async () => {
    const { annotations } = sealed['metadata'] as ReviewedObject;
    const stripped = transaction({ sealed: true }, { annotations });
    expect(await mutate(reviewRequest({ operation: 'UPDATE', object: stripped, oldObject: sealed }))).toMatchObject({
      allowed: true,
      patch: [],
    });
  });
});

describe('a stamp', () => {
  test.each([
    ['transactions', transaction({}), REQUESTER],
    ['transactions', transaction({}), SEALED_BY],
    ['transactions', transaction({ sealed: true }), SEALED_BY],
    ['resourcechanges', resourceChange({}), REQUESTER],
  ])('of %s is not touched by an update, whether it was there or not', async (resource, bare, key) => {
    const stamped = { ...bare, metadata: { ...(bare['metadata'] as object), annotations: { [key]: stampOf(BOB) } } };
    for (const [object, oldObject] of [
      [stamped, bare],
      [bare, stamped],
    ] as const)
      expect(await mutate(reviewRequest({ resource, operation: 'UPDATE', object, oldObject }))).toMatchObject({
        allowed: false,
        status: { code: 422, details: { causes: [{ field: `metadata.annotations[${key}]` }] } },
      });
  });
});

describe('other requests', () => {
  test('to create a ResourceChange stamp who asked', async () => {
    const object = resourceChange({ annotations: { [REQUESTER]: stampOf(BOB) } });
    expect((await defaulted({ resource: 'resourcechanges', object })).metadata.annotations).toEqual({ [REQUESTER]: stampOf(ALICE) });
  });

  test('on other resources than ours are refused: somebody else’s configuration sends them', async () => {
    expect(await mutate(reviewRequest({ group: '', resource: 'pods', object: {} }))).toMatchObject({
      allowed: false,
      rule: 'unknown-resource',
    });
  });

  test('to delete change nothing', async () => {
    expect(await mutate(reviewRequest({ operation: 'DELETE', oldObject: transaction({}) }))).toEqual({
      allowed: true,
      rule: 'nothing-to-default',
    });
  });
});
