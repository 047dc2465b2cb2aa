import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidRequestError } from '../../src/kube/errors.ts';
import { encodeExtraKey, impersonationHeaders } from '../../src/kube/impersonation.ts';

describe('impersonationHeaders', () => {
  test('are one line for the user and one a group and a value of an extra', () => {
    const headers = impersonationHeaders({
      user: 'system:serviceaccount:shop:deployer',
      uid: '7',
      groups: ['system:serviceaccounts', 'system:authenticated'],
      extra: { 'tx.janus.io/grant': ['one', 'two'] },
    });
    expect(headers).toEqual({
      'Impersonate-User': 'system:serviceaccount:shop:deployer',
      'Impersonate-Uid': '7',
      'Impersonate-Group': ['system:serviceaccounts', 'system:authenticated'],
      'Impersonate-Extra-tx.janus.io%2Fgrant': ['one', 'two'],
    });
  });

  test('leave out what is empty', () => {
    expect(impersonationHeaders({ user: 'x', groups: [], extra: { empty: [] } })).toEqual({ 'Impersonate-User': 'x' });
  });

  test('send what is not ASCII as UTF-8', () => {
    const sent = impersonationHeaders({ user: 'jürgen' })['Impersonate-User'] as string;
    expect(Buffer.from(sent, 'latin1').toString('utf8')).toBe('jürgen');
  });

  test('are not made for a user without a name: the request would be sent as ourselves', () => {
    expect(() => impersonationHeaders({ user: '' })).toThrow(InvalidRequestError);
  });

  test.each([
    { user: 'a\r\nImpersonate-Group: system:masters' },
    { user: 'a', uid: '1\n' },
    { user: 'a', groups: ['b\0'] },
    { user: 'a', extra: { k: ['v\r\nX: y'] } },
    { user: 'a\u007f' },
  ])('cannot be used to forge a header: %j', (identity) => {
    expect(() => impersonationHeaders(identity)).toThrow(InvalidRequestError);
  });
});

describe('encodeExtraKey', () => {
  test('is undone by what the API server does: lower case, then percent-decoding', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (key) => {
        expect(decodeURIComponent(encodeExtraKey(key).toLowerCase())).toBe(key);
      }),
    );
  });

  test('is a header name, whatever the key is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (key) => {
        expect(encodeExtraKey(key)).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
      }),
    );
  });

  test('is not made of an empty key', () => {
    expect(() => encodeExtraKey('')).toThrow(InvalidRequestError);
  });
});
