import { describe, expect, test } from 'vitest';
import { validateLocks } from '../../src/admission/locks.ts';
import type { AdmissionRequest } from '../../src/admission/review.ts';
import { parseAdmissionReview } from '../../src/admission/review.ts';
import { CLUSTER_CONTROLLERS } from '../../src/lock/controllers.ts';
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

function update(before: object, after: object, extra: Record<string, unknown> = {}, username = 'bob'): AdmissionRequest {
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
    },
  });
}

/** The handler over one answer of the look-up, and what was looked up. */
function guard(answer: RecordLookup | Error = { found: 'record', record: RECORD }) {
  const asked: string[] = [];
  const handler = validateLocks({
    verifier: () => grantVerifier(ring),
    lookup: (uid) => {
      asked.push(uid);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    controllers: CLUSTER_CONTROLLERS,
    now: () => NOW,
  });
  return { handler, asked };
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
