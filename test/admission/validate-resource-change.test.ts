import { describe, expect, test } from 'vitest';
import type { ReviewedObject } from '../../src/admission/review.ts';
import { stampOf } from '../../src/admission/stamp.ts';
import type { ResourceChangeRules } from '../../src/admission/validate-resource-change.ts';
import { COLLECTORS, validateResourceChange } from '../../src/admission/validate-resource-change.ts';
import type { Verdict } from '../../src/admission/verdict.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import type { ReviewParts } from './reviews.ts';
import { ALICE, BOB, resourceChange, reviewRequest, transaction } from './reviews.ts';

const REQUESTER = 'tx.janus.io/requester';
const STAMPED = { annotations: { [REQUESTER]: stampOf(ALICE) } };
const DRAFT = transaction({ serviceAccountName: 'deployer' }) as KubeObject;
const RUNNING = transaction({ serviceAccountName: 'deployer', sealed: true }, {}, { phase: 'Committing' }) as KubeObject;

async function validate(
  parts: ReviewParts,
  owner: KubeObject | undefined = DRAFT,
  rules: Partial<ResourceChangeRules> = {},
): Promise<Verdict> {
  const request = reviewRequest({ resource: 'resourcechanges', name: 'step', ...parts });
  return validateResourceChange(request, {
    faults: () => [],
    readTransaction: (namespace, name) => Promise.resolve(namespace === 'shop' && name === 'deploy' ? owner : undefined),
    mayImpersonate: () => Promise.resolve(true),
    collectors: new Set(COLLECTORS),
    ...rules,
  });
}

function messageOf(verdict: Verdict): string {
  if (verdict.allowed) throw new Error('it was allowed');
  return verdict.status.message;
}

const ownedBy = (...owners: object[]): ReviewedObject => resourceChange({ ...STAMPED, ownerReferences: owners });
const REFERENCE = { apiVersion: 'tx.janus.io/v1alpha1', kind: 'Transaction', name: 'deploy', uid: 'tx-uid' };

describe('creating a ResourceChange', () => {
  test('of an unsealed Transaction passes', async () => {
    expect(await validate({ object: resourceChange(STAMPED) })).toEqual({ allowed: true, rule: 'valid' });
  });

  test('beside other owners passes', async () => {
    expect((await validate({ object: ownedBy({ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'y' }, REFERENCE) })).allowed).toBe(
      true,
    );
  });

  test.each([
    ['no owner', [], 'metadata.ownerReferences: must name the Transaction'],
    ['an owner of another group', [{ ...REFERENCE, apiVersion: 'example.com/v1' }], 'metadata.ownerReferences: must name the Transaction'],
    ['two owners', [REFERENCE, { ...REFERENCE, name: 'other' }], 'metadata.ownerReferences: must name one Transaction only'],
    [
      'an owner that is not there',
      [{ ...REFERENCE, name: 'nobody' }],
      'metadata.ownerReferences[0].name: there is no Transaction "nobody"',
    ],
    ['the uid of an earlier one', [{ ...REFERENCE, uid: 'old' }], 'metadata.ownerReferences[0].uid: is not the uid'],
  ])('with %s is invalid', async (_what, owners, words) => {
    expect(messageOf(await validate({ object: ownedBy(...owners) }))).toContain(words);
  });

  test('of a sealed Transaction, or of one that is being deleted, is invalid', async () => {
    expect(messageOf(await validate({ object: resourceChange(STAMPED) }, RUNNING))).toContain('is sealed: nothing can be added to it');
    const dying = transaction({}, { deletionTimestamp: '2026-01-01T00:00:00Z' }) as KubeObject;
    expect(messageOf(await validate({ object: resourceChange(STAMPED) }, dying))).toContain('is being deleted');
  });

  test('of a Transaction that names no ServiceAccount yet is invalid, since nobody could be asked for the right to it', async () => {
    for (const spec of [undefined, {}, { serviceAccountName: '' }])
      expect(messageOf(await validate({ object: resourceChange(STAMPED) }, transaction(spec) as KubeObject))).toContain(
        'names no ServiceAccount yet',
      );
  });

  test('needs the right to the Transaction’s ServiceAccount', async () => {
    const asked: unknown[] = [];
    const verdict = await validate({ object: resourceChange(STAMPED) }, DRAFT, {
      mayImpersonate: (...question) => Promise.resolve(asked.push(question) === 0),
    });
    expect(verdict).toMatchObject({ allowed: false, rule: 'impersonation', status: { code: 403 } });
    expect(asked).toEqual([[ALICE, 'shop', 'deployer']]);
  });

  test('names all faults at once, of the object as well as of its Transaction', async () => {
    const object = resourceChange({ annotations: { [REQUESTER]: stampOf(BOB) } });
    const message = messageOf(await validate({ object }, RUNNING, { faults: () => [{ field: 'spec.content', message: 'is required' }] }));
    expect(message).toMatch(
      /^ResourceChange\.tx\.janus\.io "step" is invalid: \[spec\.content: is required, metadata\.ownerReferences\[0\]: .*, metadata\.annotations\[tx\.janus\.io\/requester\]: /,
    );
  });

  test('lets the checks of the object see the Transaction', async () => {
    const seen: unknown[] = [];
    await validate({ object: resourceChange(STAMPED) }, DRAFT, { faults: (...all) => (seen.push(all), []) });
    expect(seen).toEqual([[resourceChange(STAMPED), undefined, DRAFT]]);
  });

  test('is refused when the Transaction cannot be read', async () => {
    const verdict = await validate({ object: resourceChange(STAMPED) }, DRAFT, {
      readTransaction: () => Promise.reject(new Error('secret inside')),
    });
    expect(verdict).toMatchObject({ allowed: false, rule: 'transaction-unknown', status: { code: 500 } });
    expect(messageOf(verdict)).not.toContain('secret');
  });
});

describe('updating a ResourceChange', () => {
  const update = (object: ReviewedObject, user: object = ALICE): ReviewParts => ({
    operation: 'UPDATE',
    object,
    oldObject: resourceChange(STAMPED),
    user,
  });

  test('leaves other metadata to everybody', async () => {
    expect((await validate(update(resourceChange({ ...STAMPED, labels: { a: 'b' }, finalizers: ['x'] })))).allowed).toBe(true);
  });

  test('never changes its spec', async () => {
    expect(messageOf(await validate(update(resourceChange(STAMPED, { type: 'Create' }))))).toContain('spec: is immutable');
  });

  test('never changes its stamp', async () => {
    expect(messageOf(await validate(update(resourceChange({ annotations: { [REQUESTER]: stampOf(BOB) } }))))).toContain(
      `metadata.annotations[${REQUESTER}]`,
    );
    expect(messageOf(await validate(update(resourceChange({}))))).toContain(`metadata.annotations[${REQUESTER}]`);
  });

  test.each([
    ['another Transaction', [{ ...REFERENCE, name: 'other', uid: 'other' }]],
    ['no Transaction', []],
    ['a second Transaction', [REFERENCE, { ...REFERENCE, uid: 'other' }]],
  ])('never gives it to %s', async (_what, owners) => {
    expect(messageOf(await validate(update(ownedBy(...owners))))).toContain(
      'metadata.ownerReferences: the reference to the Transaction is immutable',
    );
  });

  test('may change how the reference blocks, and lets the garbage collector take it off', async () => {
    expect((await validate(update(ownedBy({ ...REFERENCE, blockOwnerDeletion: false })))).allowed).toBe(true);
    expect((await validate(update(ownedBy(), { username: COLLECTORS[0] }))).allowed).toBe(true);
  });
});

describe('deleting a ResourceChange', () => {
  const remove = (user: object = ALICE): ReviewParts => ({ operation: 'DELETE', oldObject: resourceChange(STAMPED), user });

  test.each([
    ['is unsealed', DRAFT],
    ['is gone', undefined],
    ['was made anew', { ...RUNNING, metadata: { ...RUNNING.metadata, uid: 'new' } }],
    ['is being deleted', { ...RUNNING, metadata: { ...RUNNING.metadata, deletionTimestamp: 'x' } }],
    ['is committed', transaction({ sealed: true }, {}, { phase: 'Committed' }) as KubeObject],
    ['is rolled back', transaction({ sealed: true }, {}, { phase: 'RolledBack' }) as KubeObject],
  ])('passes when its Transaction %s', async (_what, owner) => {
    expect(await validate(remove(), undefined, { readTransaction: () => Promise.resolve(owner) })).toEqual({
      allowed: true,
      rule: 'deletion',
    });
  });

  test.each([
    ['is sealed', transaction({ sealed: true }) as KubeObject],
    ['is under way', RUNNING],
    [
      'failed with something left to undo',
      transaction({ sealed: true }, {}, { phase: 'Failed', items: [{ committed: true }] }) as KubeObject,
    ],
  ])('is refused when its Transaction %s', async (_what, owner) => {
    const verdict = await validate(remove(), owner);
    expect(verdict).toMatchObject({ allowed: false, rule: 'sealed', status: { code: 403 } });
    expect(messageOf(verdict)).toContain('belongs to Transaction deploy, which is sealed and not finished');
  });

  test.each(COLLECTORS)('by %s always passes', async (username) => {
    expect((await validate(remove({ username }), RUNNING)).allowed).toBe(true);
  });

  test('that belongs to nothing passes', async () => {
    expect((await validate({ operation: 'DELETE', oldObject: resourceChange({ ownerReferences: [] }) }, RUNNING)).allowed).toBe(true);
  });

  test('is refused when its Transaction cannot be read', async () => {
    expect((await validate(remove(), DRAFT, { readTransaction: () => Promise.reject(new Error('x')) })).allowed).toBe(false);
  });
});
