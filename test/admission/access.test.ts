import { describe, expect, test } from 'vitest';
import { impersonationByRbac, isAllowed } from '../../src/admission/access.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { ALICE } from './reviews.ts';

/** A client that records what is asked and gives one answer. */
function answering(answer: unknown): { readonly client: Pick<KubeClient, 'raw'>; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const raw = (...question: unknown[]): Promise<unknown> => {
    asked.push(question);
    return Promise.resolve(answer);
  };
  return { client: { raw } as Pick<KubeClient, 'raw'>, asked };
}

describe('asking the authorizer', () => {
  test('names the user as the API server did, without a grant', async () => {
    const { client, asked } = answering({ status: { allowed: true } });
    const user = { ...ALICE, extra: { ...ALICE.extra, 'tx.janus.io/grant': ['token'] } };
    expect(await impersonationByRbac(client)(user, 'shop', 'deployer')).toBe(true);
    expect(asked).toEqual([
      [
        'POST',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: {
            user: 'alice',
            uid: 'alice-uid',
            groups: ALICE.groups,
            extra: { team: ['shop'] },
            resourceAttributes: { verb: 'impersonate', group: '', resource: 'serviceaccounts', namespace: 'shop', name: 'deployer' },
          },
        },
        { timeoutMs: 3000 },
      ],
    ]);
  });

  test.each([
    [{}],
    [{ status: {} }],
    [{ status: { allowed: false } }],
    [{ status: { allowed: 'true' } }],
    [{ status: { allowed: true, denied: true } }],
  ])('takes %j for a no', async (answer) => {
    expect(await isAllowed(answering(answer).client, ALICE, { verb: 'get', group: '', resource: 'pods' })).toBe(false);
  });

  test('is not needed for a ServiceAccount that acts as itself, and only for that one', async () => {
    const { client, asked } = answering({ status: { allowed: false } });
    const self = { username: 'system:serviceaccount:shop:deployer', groups: [], extra: {} };
    expect(await impersonationByRbac(client)(self, 'shop', 'deployer')).toBe(true);
    expect(asked).toEqual([]);
    expect(await impersonationByRbac(client)(self, 'shop', 'other')).toBe(false);
    expect(await impersonationByRbac(client)(self, 'other', 'deployer')).toBe(false);
  });

  test('fails when the API server does', async () => {
    const client = { raw: () => Promise.reject(new Error('away')) } as Pick<KubeClient, 'raw'>;
    await expect(impersonationByRbac(client)(ALICE, 'shop', 'deployer')).rejects.toThrow('away');
  });
});
