import { describe, expect, test } from 'vitest';
import type { UserInfo } from '../../src/admission/review.ts';
import { stampOf } from '../../src/admission/stamp.ts';
import type { TransactionRules } from '../../src/admission/validate-transaction.ts';
import { validateTransaction } from '../../src/admission/validate-transaction.ts';
import type { Verdict } from '../../src/admission/verdict.ts';
import type { ReviewParts } from './reviews.ts';
import { ALICE, BOB, reviewRequest, transaction } from './reviews.ts';

const REQUESTER = 'tx.janus.io/requester';
const SEALED_BY = 'tx.janus.io/sealed-by';
const OWN = 'system:serviceaccount:janus-system:janus';
const STAMPED = { annotations: { [REQUESTER]: stampOf(ALICE) } };
const SEALED = { annotations: { [REQUESTER]: stampOf(ALICE), [SEALED_BY]: stampOf(ALICE) } };

interface Asked {
  readonly verdict: Verdict;
  readonly questions: readonly (readonly [string, string, string])[];
}

async function validate(parts: ReviewParts, rules: Partial<TransactionRules> = {}): Promise<Asked> {
  const questions: [string, string, string][] = [];
  const mayImpersonate = (user: UserInfo, namespace: string, name: string): Promise<boolean> => {
    questions.push([user.username, namespace, name]);
    return Promise.resolve(true);
  };
  const verdict = await validateTransaction(reviewRequest(parts), { faults: () => [], mayImpersonate, ownUsername: OWN, ...rules });
  return { verdict, questions };
}

function messageOf({ verdict }: Asked): string {
  if (verdict.allowed) throw new Error('it was allowed');
  return verdict.status.message;
}

describe('creating a Transaction', () => {
  test('as a draft asks nobody', async () => {
    const { verdict, questions } = await validate({ object: transaction({ serviceAccountName: 'deployer' }, STAMPED) });
    expect([verdict, questions]).toEqual([{ allowed: true, rule: 'valid' }, []]);
  });

  test('sealed needs the right to its ServiceAccount', async () => {
    const { verdict, questions } = await validate({ object: transaction({ serviceAccountName: 'deployer', sealed: true }, SEALED) });
    expect([verdict.allowed, questions]).toEqual([true, [['alice', 'shop', 'deployer']]]);
  });

  test('names every fault at once, as the API server does', async () => {
    const faults = [
      { field: 'spec.timeout', message: 'must be a duration' },
      { field: 'spec.serviceAccountName', message: 'is required' },
    ];
    const { verdict } = await validate({ object: transaction({}, { annotations: {} }) }, { faults: () => faults });
    expect(verdict).toMatchObject({
      allowed: false,
      rule: 'invalid',
      status: {
        code: 422,
        reason: 'Invalid',
        message: expect.stringMatching(
          /^Transaction\.tx\.janus\.io "deploy" is invalid: \[spec\.timeout: must be a duration, spec\.serviceAccountName: is required, metadata\.annotations\[tx\.janus\.io\/requester\]: /,
        ) as string,
        details: {
          name: 'deploy',
          group: 'tx.janus.io',
          kind: 'Transaction',
          causes: [{ reason: 'FieldValueInvalid', ...faults[0] }, { ...faults[1] }, { field: `metadata.annotations[${REQUESTER}]` }],
        },
      },
    });
  });

  test('names a single fault without brackets', async () => {
    expect(messageOf(await validate({ object: transaction({}, STAMPED) }, { faults: () => [{ field: 'spec', message: 'bad' }] }))).toBe(
      'Transaction.tx.janus.io "deploy" is invalid: spec: bad',
    );
  });

  test.each([
    ['a stamp of somebody else', { annotations: { [REQUESTER]: stampOf(BOB) } }],
    ['no stamp', {}],
    ['a stamp of a sealer while unsealed', { annotations: { ...STAMPED.annotations, [SEALED_BY]: stampOf(ALICE) } }],
  ])('with %s is refused, even if our mutating webhook was left out', async (_what, metadata) => {
    expect(messageOf(await validate({ object: transaction({}, metadata) }))).toContain('metadata.annotations[tx.janus.io/');
  });

  test('sealed with a stamp of somebody else is refused before anything is asked', async () => {
    const metadata = { annotations: { ...STAMPED.annotations, [SEALED_BY]: stampOf(BOB) } };
    const { verdict, questions } = await validate({ object: transaction({ sealed: true }, metadata) });
    expect([verdict.allowed, questions]).toEqual([false, []]);
  });

  test('that asks for a rollback already needs the right', async () => {
    const { questions } = await validate({
      object: transaction({ serviceAccountName: 'sa' }, { annotations: { ...STAMPED.annotations, 'tx.janus.io/request-rollback': '' } }),
    });
    expect(questions).toEqual([['alice', 'shop', 'sa']]);
  });
});

describe('the right to a ServiceAccount', () => {
  const sealing = { object: transaction({ serviceAccountName: 'deployer', sealed: true }, SEALED) };

  test('that is missing is 403, with what to do', async () => {
    const asked = await validate(sealing, { mayImpersonate: () => Promise.resolve(false) });
    expect(asked.verdict).toMatchObject({ allowed: false, rule: 'impersonation', status: { code: 403, reason: 'Forbidden' } });
    expect(messageOf(asked)).toContain('User "alice" may not use ServiceAccount shop/deployer');
    expect(messageOf(asked)).toContain('"impersonate"');
  });

  test('that cannot be found out is refused, without the inner error in the words', async () => {
    const asked = await validate(sealing, { mayImpersonate: () => Promise.reject(new Error('secret inside')) });
    expect(asked.verdict).toMatchObject({
      allowed: false,
      rule: 'impersonation-unknown',
      status: { code: 500 },
      error: { message: 'secret inside' },
    });
    expect(messageOf(asked)).not.toContain('secret');
  });
});

describe('updating a Transaction', () => {
  const update = (object: ReturnType<typeof transaction>, oldObject: ReturnType<typeof transaction>, user = ALICE): ReviewParts => ({
    operation: 'UPDATE',
    object,
    oldObject,
    user,
  });

  test('to seal it asks for the right of whoever seals', async () => {
    const sealed = transaction(
      { serviceAccountName: 'sa', sealed: true },
      { annotations: { [REQUESTER]: stampOf(ALICE), [SEALED_BY]: stampOf(BOB) } },
    );
    const { verdict, questions } = await validate(update(sealed, transaction({ serviceAccountName: 'sa' }, STAMPED), BOB));
    expect([verdict.allowed, questions]).toEqual([true, [['bob', 'shop', 'sa']]]);
  });

  test('to seal it under another’s name is refused', async () => {
    const sealed = transaction({ sealed: true }, SEALED);
    expect(messageOf(await validate(update(sealed, transaction({}, STAMPED), BOB)))).toContain(`metadata.annotations[${SEALED_BY}]`);
  });

  test('to seal it while it is being deleted is refused', async () => {
    const gone = { deletionTimestamp: '2026-01-01T00:00:00Z', annotations: SEALED.annotations };
    expect(
      messageOf(
        await validate(update(transaction({ sealed: true }, gone), transaction({}, { ...gone, annotations: STAMPED.annotations }))),
      ),
    ).toContain('being deleted');
  });

  test('never unseals', async () => {
    expect(messageOf(await validate(update(transaction({ sealed: false }, SEALED), transaction({ sealed: true }, SEALED))))).toContain(
      'spec.sealed: sealing is final',
    );
    expect(messageOf(await validate(update(transaction(undefined, SEALED), transaction({ sealed: true }, SEALED))))).toContain(
      'spec.sealed: sealing is final',
    );
  });

  test('never changes a sealed spec, field by field', async () => {
    const before = transaction({ sealed: true, serviceAccountName: 'a', timeout: '1m' }, SEALED);
    const after = transaction({ sealed: true, serviceAccountName: 'b', description: 'x' }, SEALED);
    const message = messageOf(await validate(update(after, before)));
    for (const field of ['spec.serviceAccountName', 'spec.timeout', 'spec.description'])
      expect(message).toContain(`${field}: is immutable`);
  });

  test.each([
    ['changed', { annotations: { [REQUESTER]: stampOf(BOB) } }],
    ['removed', { annotations: {} }],
    ['removed with all annotations', {}],
  ])('with the stamp %s is refused', async (_what, metadata) => {
    expect(messageOf(await validate(update(transaction({}, metadata), transaction({}, STAMPED))))).toContain(
      'must not be added, changed or removed',
    );
  });

  test('with a stamp added to one that has none is refused', async () => {
    expect(messageOf(await validate(update(transaction({}, STAMPED), transaction({}, {}))))).toContain('must not be added');
  });

  test('that leaves the spec alone is never refused for it', async () => {
    const spec = { sealed: true, timeout: 'nonsense from before' };
    const { verdict } = await validate(update(transaction(spec, SEALED), transaction(spec, { ...SEALED, finalizers: ['x'] })), {
      faults: () => [{ field: 'spec', message: 'bad' }],
    });
    expect(verdict.allowed).toBe(true);
  });

  test.each(['tx.janus.io/request-rollback', 'tx.janus.io/retry-rollback'])(
    'to add %s needs the right, to keep or take it off does not',
    async (key) => {
      const asks = transaction({ serviceAccountName: 'sa', sealed: true }, { annotations: { ...SEALED.annotations, [key]: 'true' } });
      const quiet = transaction({ serviceAccountName: 'sa', sealed: true }, SEALED);
      const again = transaction({ serviceAccountName: 'sa', sealed: true }, { annotations: { ...SEALED.annotations, [key]: 'again' } });
      expect((await validate(update(asks, quiet, BOB))).questions).toEqual([['bob', 'shop', 'sa']]);
      expect((await validate(update(again, asks, BOB))).questions).toEqual([['bob', 'shop', 'sa']]);
      expect((await validate(update(asks, asks))).questions).toEqual([]);
      expect((await validate(update(quiet, asks))).questions).toEqual([]);
      expect((await validate(update(asks, quiet), { mayImpersonate: () => Promise.resolve(false) })).verdict.allowed).toBe(false);
    },
  );

  test('without the objects that an API server always sends is a fault', async () => {
    await expect(validate({ operation: 'UPDATE', object: transaction({}) })).rejects.toThrow();
    await expect(validate({ operation: 'CREATE' })).rejects.toThrow();
  });
});

describe('the status of a Transaction', () => {
  const parts: ReviewParts = {
    subResource: 'status',
    operation: 'UPDATE',
    object: transaction({}, STAMPED, { phase: 'Committed' }),
    oldObject: transaction({}, STAMPED),
  };

  test('is written by Janus', async () => {
    expect((await validate({ ...parts, user: { username: OWN } })).verdict.allowed).toBe(true);
  });

  test('is written by nobody else, not even administrators', async () => {
    const asked = await validate({ ...parts, user: { username: 'admin', groups: ['system:masters'] } });
    expect(asked.verdict).toMatchObject({ allowed: false, rule: 'foreign-status', status: { code: 403 } });
    expect(messageOf(asked)).toContain('tx.janus.io/request-rollback');
  });
});

describe('deleting a Transaction', () => {
  const remove = (spec: object, status: object | undefined, annotations = {}): ReviewParts => ({
    operation: 'DELETE',
    oldObject: transaction(spec as never, { annotations }, status as never),
  });

  test.each([
    ['a draft', {}, undefined],
    ['committed', { sealed: true }, { phase: 'Committed' }],
    ['rolled back', { sealed: true }, { phase: 'RolledBack' }],
    ['failed before anything was done', { sealed: true }, { phase: 'Failed' }],
    [
      'failed, but all undone',
      { sealed: true },
      { phase: 'Failed', items: [{ name: 'a', committed: true, rolledBack: true }, { name: 'b' }] },
    ],
  ])('that is %s passes without a word', async (_what, spec, status) => {
    expect((await validate(remove(spec, status))).verdict).toEqual({ allowed: true, rule: 'deletion' });
  });

  test.each([
    ['not begun', { sealed: true }, undefined],
    ['under way', { sealed: true }, { phase: 'Committing' }],
    ['failed with something left to undo', { sealed: true }, { phase: 'Failed', items: [{ name: 'a', committed: true }] }],
    [
      'failed with something left to undo that its status does not show',
      { sealed: true },
      { phase: 'Failed', itemsCommitted: 1, items: [{ name: 'a', committed: true, rolledBack: true }] },
    ],
    ['of unreadable status', { sealed: true }, { phase: 'Failed', items: 'x' }],
  ])('that is %s passes with a warning of what will happen', async (_what, spec, status) => {
    const { verdict } = await validate(remove(spec, status, { 'tx.janus.io/automatic-rollback': 'true' }));
    expect(verdict).toMatchObject({ allowed: true, warnings: ['Transaction shop/deploy is not finished: it is rolled back first.'] });
    expect((await validate(remove(spec, status))).verdict).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('left as it is')],
    });
  });
});
