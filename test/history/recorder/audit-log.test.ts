import { describe, expect, test } from 'vitest';
import { auditedRequestIn } from './audit-log.ts';

const claims = { transaction: 'aaaaaaaa-0000-4000-8000-000000000000', attempt: 2, action: 'apply', change: 'x' };
const token = `e30.${Buffer.from(JSON.stringify({ 'tx.janus.io/grant': claims })).toString('base64url')}.signature`;
const EVENT = {
  verb: 'patch',
  requestURI: '/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=janus-x&force=true',
  user: { username: 'system:serviceaccount:janus-system:janus' },
  impersonatedUser: { username: 'system:serviceaccount:shop:deployer', extra: { 'tx.janus.io/grant': [token] } },
  objectRef: { resource: 'deployments', namespace: 'shop', name: 'web', apiGroup: 'apps' },
  responseStatus: { code: 200 },
  responseObject: { metadata: { resourceVersion: '17', uid: 'u', name: 'web' } },
};
const read = (change: object): ReturnType<typeof auditedRequestIn> => auditedRequestIn(JSON.stringify({ ...EVENT, ...change }));

describe('a line of the audit log', () => {
  test('tells who wrote what, by which grant, and what came of it', () => {
    expect(read({})).toEqual({
      user: 'system:serviceaccount:shop:deployer',
      grant: { transaction: claims.transaction, attempt: 2, action: 'apply' },
      verb: 'patch',
      subresource: '',
      key: 'apps/deployments/shop/web',
      code: 200,
      dryRun: false,
      fieldManager: 'janus-x',
      revision: 17,
      uids: ['u'],
    });
  });

  test('names a created object by the answer, where the request did not', () => {
    const { name: _name, ...objectRef } = EVENT.objectRef;
    expect(read({ verb: 'create', objectRef }).key).toBe('apps/deployments/shop/web');
  });

  test('tells whom a deletion took, one or many', () => {
    expect(read({ responseObject: { kind: 'Status', metadata: {}, details: { uid: 'gone' } } })).toMatchObject({ uids: ['gone'] });
    const items = [{ metadata: { uid: 'a' } }, { metadata: { uid: 'b' } }];
    expect(read({ verb: 'deletecollection', responseObject: { metadata: {}, items } }).uids).toEqual(['a', 'b']);
  });

  test('is a dry run where it says so', () => {
    expect(read({ requestURI: `${EVENT.requestURI}&dryRun=All` }).dryRun).toBe(true);
  });

  test.each(['', 'x', 'a.b.c', `e30.${Buffer.from('{}').toString('base64url')}.x`])('has no grant where it carries %j', (text) => {
    expect(read({ impersonatedUser: { username: 'x', extra: { 'tx.janus.io/grant': [text] } } }).grant).toBeUndefined();
  });
});
