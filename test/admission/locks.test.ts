import { describe, expect, test } from 'vitest';
import { validateLocks, type Breaking } from '../../src/admission/locks.ts';
import type { AdmissionRequest } from '../../src/admission/review.ts';
import { parseAdmissionReview } from '../../src/admission/review.ts';
import { CLUSTER_CONTROLLERS } from '../../src/lock/controllers.ts';
import { unlockManagerFor } from '../../src/lock/forced-unlock.ts';
import { grantVerifier } from '../../src/lock/grant-verifier.ts';
import { grantSigner } from '../../src/lock/grants.ts';
import { generateKeyRing } from '../../src/lock/keys.ts';
import { lockLabelFor } from '../../src/lock/label.ts';
import type { LockRecord, RecordLookup } from '../../src/lock/record.ts';
import { UID } from './reviews.ts';

const NOW = new Date('2026-07-01T12:00:00Z');
const OBJECT_UID = 'aabbccdd-2222-3333-4444-555555555555';
const LABEL = lockLabelFor(UID, 1, OBJECT_UID);
const ring = generateKeyRing(new Date(NOW.getTime() - 86_400_000));
const CONFIG_MAPS = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };

const RECORD: LockRecord = {
  transaction: { namespace: 'shop', name: 'deploy', uid: UID },
  serviceAccountName: 'deployer',
  requester: 'alice',
  phase: 'Committing',
  attempt: 1,
  foreignWrites: 'Deny',
  lockedSince: '2026-07-01T11:59:00Z',
  deadline: '2026-07-01T12:30:00Z',
  targets: [
    {
      kind: CONFIG_MAPS,
      namespace: 'shop',
      name: 'settings',
      uid: OBJECT_UID,
      scope: 'object',
      changes: [{ name: 'step', type: 'Update', order: 0 }],
    },
  ],
};

function configMap(label: string | undefined, data: object): object {
  const metadata = {
    name: 'settings',
    namespace: 'shop',
    uid: OBJECT_UID,
    resourceVersion: '7',
    ...(label === undefined ? {} : { labels: { 'tx.janus.io/lock': label } }),
  };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
}

function update(before: object, after: object, extra: Record<string, unknown> = {}, username = 'bob', more: object = {}): AdmissionRequest {
  return parseAdmissionReview({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'review',
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'settings',
      namespace: 'shop',
      operation: 'UPDATE',
      userInfo: { username, groups: ['system:authenticated'], extra },
      object: after,
      oldObject: before,
      dryRun: false,
      ...more,
    },
  });
}

/** The handler over one answer of the look-up, what was looked up, who was asked about, and which locks were said to be broken. */
function guard(
  answer: RecordLookup | Error = { found: 'record', record: RECORD },
  { may = false, note }: { readonly may?: boolean | Error; readonly note?: Error } = {},
) {
  const asked: string[] = [];
  const questions: unknown[] = [];
  const broken: Breaking[] = [];
  const handler = validateLocks({
    verifier: () => grantVerifier(ring),
    lookup: (uid) => {
      asked.push(uid);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    controllers: CLUSTER_CONTROLLERS,
    now: () => NOW,
    mayUnlock: ({ username }, question) => {
      questions.push([username, question]);
      return may instanceof Error ? Promise.reject(may) : Promise.resolve(may);
    },
    breaking: (breaking) => {
      broken.push(breaking);
      return note === undefined ? Promise.resolve() : Promise.reject(note);
    },
  });
  return { handler, asked, questions, broken };
}

describe('a review of a locked object', () => {
  const foreign = update(configMap(LABEL, { a: '1' }), configMap(LABEL, { a: '2' }));

  test('by a stranger is refused, with the holder in the words', async () => {
    const { handler, asked } = guard();
    const verdict = await handler(foreign);
    expect(verdict).toMatchObject({
      allowed: false,
      status: { code: 423, reason: 'Locked', message: expect.stringContaining('deploy') as string },
    });
    expect(asked).toEqual([UID]);
  });

  test('whose record is gone passes', async () => {
    expect(await guard({ found: 'absent' }).handler(foreign)).toMatchObject({ allowed: true });
  });

  test('whose record cannot be read is refused, and so is one whose look-up throws', async () => {
    expect(await guard({ found: 'unreadable', why: 'the API server did not answer Janus' }).handler(foreign)).toMatchObject({
      allowed: false,
    });
    await expect(guard(new Error('x')).handler(foreign)).rejects.toThrow('x');
  });

  test('that takes the lock off without a grant is refused, with one passes', async () => {
    const before = configMap(LABEL, { a: '1' });
    const after = configMap(undefined, { a: '1' });
    expect((await guard().handler(update(before, after))).allowed).toBe(false);
    const target = { group: '', resource: 'configmaps', namespace: 'shop', name: 'settings', uid: OBJECT_UID };
    const grant = await grantSigner(ring).sign({ transaction: UID, attempt: 1, change: '', action: 'unlock', target }, NOW);
    const bearer = 'system:serviceaccount:shop:deployer';
    expect(await guard().handler(update(before, after, { 'tx.janus.io/grant': [grant] }, bearer))).toMatchObject({ allowed: true });
    expect((await guard().handler(update(before, after, { 'tx.janus.io/grant': [grant] }))).allowed).toBe(false);
    const late = await grantSigner(ring).sign(
      { transaction: UID, attempt: 1, change: '', action: 'unlock', target },
      new Date(NOW.getTime() - 3_600_000),
    );
    for (const tokens of [[late], [grant, grant], ['x'], []]) {
      const verdict = await guard().handler(update(before, after, { 'tx.janus.io/grant': tokens }, bearer));
      expect(verdict.allowed).toBe(false);
      expect(JSON.stringify(verdict)).not.toContain(grant);
    }
  });

  test('that forges a lock is refused without asking for any record', async () => {
    const { handler, asked } = guard();
    expect((await handler(update(configMap(undefined, {}), configMap(LABEL, {})))).allowed).toBe(false);
    expect(asked).toEqual([]);
  });

  test('that an API server cannot have sent is refused as malformed', async () => {
    const odd = update({ metadata: 7 }, configMap(LABEL, {}));
    expect(await guard().handler(odd)).toMatchObject({ allowed: false, rule: 'malformed', status: { code: 400 } });
  });
});

describe('a review of a write that breaks a lock', () => {
  const options = { kind: 'PatchOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: unlockManagerFor(UID) };
  const breaking = (more: object = {}): AdmissionRequest =>
    update(configMap(LABEL, { a: '1' }), configMap(undefined, { a: '1' }), {}, 'carol', { options, ...more });

  test('passes with the right, with a warning what follows, once it is noted who broke which lock', async () => {
    const { handler, questions, broken } = guard(undefined, { may: true });
    const verdict = await handler(breaking());
    expect(verdict).toMatchObject({ allowed: true, rule: 'forced-unlock' });
    expect(verdict.warnings?.[0]).toContain('the lock of transaction shop/deploy is broken');
    expect(questions).toEqual([['carol', { namespace: 'shop', name: 'deploy' }]]);
    expect(broken).toEqual([
      {
        transaction: UID,
        of: RECORD.transaction,
        object: { group: '', resource: 'configmaps', namespace: 'shop', name: 'settings', uid: OBJECT_UID },
        words: 'ConfigMap shop/settings',
        by: 'carol',
      },
    ]);
  });

  test('is answered as a dry run, too, and then nothing is noted', async () => {
    const { handler, broken } = guard(undefined, { may: true });
    expect(await handler(breaking({ dryRun: true }))).toMatchObject({ allowed: true, rule: 'forced-unlock' });
    expect(broken).toEqual([]);
  });

  test('is refused without the right, and where that cannot be found out, and nothing is noted', async () => {
    for (const [may, code] of [
      [false, 403],
      [new Error('x'), 503],
    ] as const) {
      const { handler, broken } = guard(undefined, { may });
      expect(await handler(breaking())).toMatchObject({ allowed: false, rule: 'forced-unlock', status: { code } });
      expect(broken).toEqual([]);
    }
  });

  test('is refused where it cannot be noted: the transaction would not learn of it', async () => {
    const note = new Error('etcd is away');
    expect(await guard(undefined, { may: true, note }).handler(breaking())).toMatchObject({
      allowed: false,
      rule: 'forced-unlock',
      error: note,
    });
  });

  test('that does not say so asks nobody', async () => {
    const { handler, questions } = guard(undefined, { may: true });
    expect(await handler(breaking({ options: { ...options, fieldManager: 'kubectl-edit' } }))).toMatchObject({
      allowed: false,
      rule: 'held',
    });
    expect(questions).toEqual([]);
  });
});
