import { describe, expect, test } from 'vitest';
import { explain } from '../../src/cli/explain.ts';
import { Fault } from '../../src/cli/fault.ts';
import { ConfigError } from '../../src/kube/config-error.ts';
import { ApiError, TransportError } from '../../src/kube/errors.ts';
import type { ApiStatus } from '../../src/kube/errors.ts';

const answer = (code: number, reason: string, message: string, details?: ApiStatus['details']): string =>
  explain(new ApiError({ code, reason, message, ...(details === undefined ? {} : { details }) })) ?? '';

describe('explain', () => {
  test('keeps the words of a Fault', () => {
    expect(explain(new Fault('So it is.'))).toBe('So it is.');
  });

  test('makes a sentence of a missing configuration', () => {
    expect(explain(new ConfigError('NotFound', 'no cluster configured: ~/.kube/config does not exist'))).toBe(
      'No cluster configured: ~/.kube/config does not exist.',
    );
  });

  test('tells a server that cannot be reached from one that did not answer', () => {
    expect(explain(new TransportError('GET https://x/: connection refused', { neverSent: true }))).toMatch(
      /^The API server cannot be reached: .* Check that/,
    );
    expect(explain(new TransportError('POST https://x/: reset', { neverSent: false }))).toMatch(
      /^The API server did not answer: .* before you repeat it\.$/,
    );
  });

  test('says to log in again where the credentials are not accepted', () => {
    expect(answer(401, 'Unauthorized', 'Unauthorized')).toContain('log in again');
  });

  test('says who may not do what where', () => {
    const message =
      'transactions.tx.janus.io is forbidden: User "bob" cannot create resource "transactions" in API group "tx.janus.io" in the namespace "shop"';
    expect(answer(403, 'Forbidden', message)).toBe(
      'User "bob" may not create transactions.tx.janus.io in namespace shop: ask an administrator for a role that allows it, or choose another context with --context.',
    );
    expect(
      answer(
        403,
        'Forbidden',
        'namespaces is forbidden: User "bob" cannot list resource "namespaces" in API group "" at the cluster scope',
      ),
    ).toMatch(/^User "bob" may not list namespaces in the cluster:/);
  });

  test('keeps the words of a refusal that is not about roles', () => {
    expect(answer(403, 'Forbidden', 'unable to create new content in namespace shop because it is being terminated')).toBe(
      'The API server refuses: unable to create new content in namespace shop because it is being terminated.',
    );
  });

  test('tells a missing namespace, a missing object and a missing installation apart', () => {
    expect(answer(404, 'NotFound', 'namespaces "shp" not found', { name: 'shp', kind: 'namespaces' })).toBe(
      'Namespace shp does not exist: create it, or name another one with -n.',
    );
    expect(answer(404, 'NotFound', 'transactions.tx.janus.io "a" not found', { name: 'a', kind: 'transactions' })).toMatch(
      /^Transactions.tx.janus.io "a" not found\. Check/,
    );
    expect(answer(404, 'NotFound', 'the server could not find the requested resource', {})).toContain('install Janus in it');
    expect(answer(404, '', 'the server answered 404: 404 page not found')).toContain('install Janus in it');
  });

  test('lists what is invalid, field by field, each once', () => {
    const causes = [
      { field: 'spec.timeout', message: 'must be a duration' },
      { field: 'spec.timeout', message: 'must be a duration' },
      { field: '<nil>', message: 'some rule' },
    ];
    expect(answer(422, 'Invalid', 'long', { causes })).toBe(
      'The API server does not accept this: spec.timeout: must be a duration; <nil>: some rule.',
    );
    expect(answer(400, 'BadRequest', 'strict decoding error: unknown field "x"')).toBe(
      'The API server does not accept this: strict decoding error: unknown field "x"',
    );
  });

  test('says that the webhook does not answer', () => {
    expect(answer(500, 'InternalError', 'Internal error occurred: failed calling webhook "lock.tx.janus.io": connection refused')).toMatch(
      /^The admission webhook does not answer: check that the operator runs\./,
    );
  });

  test('says to wait where the server is busy, and to look where somebody was faster', () => {
    expect(answer(429, 'TooManyRequests', 'too many requests')).toMatch(/Wait a little, then repeat\.$/);
    expect(answer(503, 'ServiceUnavailable', 'not ready')).toMatch(/Wait a little, then repeat\.$/);
    expect(answer(409, 'Conflict', 'the object has been modified')).toMatch(/Somebody changed it at the same time/);
    expect(answer(413, 'RequestEntityTooLarge', 'limit is 3145728')).toContain('split it');
  });

  test('has words for every other answer', () => {
    expect(answer(423, 'Locked', 'ConfigMap shop/a is locked by Transaction shop/t')).toBe(
      'The API server refuses: ConfigMap shop/a is locked by Transaction shop/t.',
    );
    for (let code = 300; code < 600; code++) expect(answer(code, '', 'so')).not.toBe('');
  });

  test('has none for a fault of ours', () => {
    expect(explain(new TypeError('x is undefined'))).toBeUndefined();
    expect(explain('thrown text')).toBeUndefined();
  });
});
