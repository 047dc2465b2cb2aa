import { describe, expect, test } from 'vitest';
import { apiErrorOf, readStatus } from '../../src/kube/api-status.ts';
import { retryAfterMs } from '../../src/kube/errors.ts';

const status = (parts: object): string => JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', ...parts });
const errorOf = (body: string, code = 404, headers: Readonly<Record<string, string | string[]>> = {}) =>
  apiErrorOf({ status: code, headers, body });

describe('apiErrorOf', () => {
  test('keeps what the API server says', () => {
    const error = errorOf(
      status({ code: 404, reason: 'NotFound', message: 'configmaps "a" not found', details: { name: 'a', kind: 'configmaps' } }),
    );
    expect(error).toMatchObject({ code: 404, reason: 'NotFound', message: 'configmaps "a" not found' });
    expect(error.status.details).toEqual({ name: 'a', kind: 'configmaps' });
  });

  test('believes the HTTP code, not the one in the body', () => {
    expect(errorOf(status({ code: 200, reason: 'X', message: 'x' }), 503).code).toBe(503);
  });

  test('redacts every text: an API server quotes impersonation headers in its refusals', () => {
    const token = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJqYW51cyJ9.c2lnbmF0dXJlc2lnbmF0dXJl';
    const error = errorOf(
      status({ reason: 'Forbidden', message: `cannot impersonate "${token}"`, details: { name: token, causes: [{ message: token }] } }),
      403,
    );
    expect(JSON.stringify([error.message, error.status])).not.toContain('c2lnbmF0dXJl');
  });

  test('makes a short message of a page of HTML', () => {
    const page = `<html><head><style>b{}</style><script>x()</script></head><body><h1>502 Bad Gateway</h1>${'<p>nginx</p>'.repeat(200)}</body></html>`;
    const error = errorOf(page, 502);
    expect(error.message).toMatch(/^the server answered 502: 502 Bad Gateway/);
    expect(error.message).not.toMatch(/[<>]|x\(\)/);
    expect(error.message.length).toBeLessThan(350);
  });

  test('has words for an empty answer', () => {
    expect(errorOf('', 500).message).toBe('the server answered 500');
    expect(errorOf(status({ message: '' }), 500).message).not.toBe('');
  });

  test.each([
    'null',
    '[]',
    '7',
    '"text"',
    '{}',
    '{"kind":"ConfigMap"}',
    '{"kind":"Status","details":[]}',
    '{"kind":"Status","message":7}',
    '{"kind":',
  ])('makes an error of the body %s', (body) => {
    expect(errorOf(body, 500)).toMatchObject({ code: 500, name: 'ApiError' });
  });

  test('is done in no time with a large hostile answer', () => {
    for (const piece of ['<', '<script', 'a', '<script></style>', ' ']) {
      const before = process.cpuUsage();
      errorOf(piece.repeat(50_000 / piece.length), 502);
      // Of the processor, not of the clock: the machine may be busy with something else.
      expect(process.cpuUsage(before).user, JSON.stringify(piece)).toBeLessThan(500_000);
    }
  });
});

describe('how long to wait before asking again', () => {
  test('comes from the header Retry-After', () => {
    expect(retryAfterMs(errorOf('slow down', 429, { 'retry-after': '2' }))).toBe(2_000);
    expect(retryAfterMs(errorOf(status({ reason: 'TooManyRequests', message: 'x' }), 429, { 'retry-after': ['3', '4'] }))).toBe(3_000);
  });

  test('comes from the Status where both are there', () => {
    expect(retryAfterMs(errorOf(status({ message: 'x', details: { retryAfterSeconds: 9 } }), 429, { 'retry-after': '1' }))).toBe(9_000);
  });

  test.each(['Wed, 21 Oct 2026 07:28:00 GMT', '-1', '1.5', 'soon', '', '99999999999'])('is not said by the header %j', (header) => {
    expect(retryAfterMs(errorOf('x', 429, { 'retry-after': header }))).toBeUndefined();
  });

  test.each([
    ['a text', '"5"'],
    ['null', 'null'],
    ['a negative number', '-5'],
    ['a list', '[1]'],
    ['an object', '{}'],
    ['more than anybody waits', '1e300'],
  ])('is not said by a Status with %s', (_what, seconds) => {
    const wait = retryAfterMs(errorOf(`{"kind":"Status","message":"x","details":{"retryAfterSeconds":${seconds}}}`, 429));
    expect(wait === undefined || (wait >= 0 && wait <= 2 ** 31 - 1)).toBe(true);
  });
});

describe('readStatus', () => {
  test('is undefined for what is no Status', () => {
    expect([null, 7, [], {}, { kind: 'Pod' }].map(readStatus)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  test('reads the Status that a watch sends as an event', () => {
    expect(readStatus({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' })).toEqual({
      code: 410,
      reason: 'Expired',
      message: 'too old resource version',
    });
  });
});
