import { describe, expect, test } from 'vitest';
import { networkError } from '../../src/kube/network-error.ts';

const withCode = (code: string, message = 'raw words'): Error => Object.assign(new Error(message), { code });
const TARGET = 'GET https://api.example.test/version';

describe('networkError', () => {
  test.each([
    ['ECONNREFUSED', 'is the API server running'],
    ['ENOTFOUND', 'not known to DNS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'for another name'],
    ['CERT_HAS_EXPIRED', 'has expired'],
    ['UND_ERR_SOCKET', 'closed before the answer was complete'],
    ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'larger than the limit'],
  ])('explains %s and says about what it is', (code, words) => {
    const error = networkError(TARGET, withCode(code), true);
    expect(error.message).toContain(words);
    expect(error.message).toContain(TARGET);
    expect(error.message).toContain(code);
  });

  test('keeps the words of an error that it does not know', () => {
    expect(networkError(TARGET, withCode('ESTRANGE', 'something odd'), true).message).toBe(`${TARGET}: something odd (ESTRANGE)`);
  });

  test('shows no credential', () => {
    expect(networkError(TARGET, new Error(`header Bearer ${'s'.repeat(30)} is invalid`), true).message).not.toContain('sssss');
  });

  test('has words where nothing is known', () => {
    expect(networkError(TARGET, 'a string', true).message).toBe(`${TARGET}: unknown network error`);
  });

  test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])(
    '%s means that nothing was sent',
    (code) => {
      expect(networkError(TARGET, withCode(code), true).neverSent).toBe(true);
    },
  );

  test.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ETIMEDOUT'])(
    'after %s the request may have taken effect if it had begun, and only then',
    (code) => {
      expect(networkError(TARGET, withCode(code), true).neverSent).toBe(false);
      expect(networkError(TARGET, withCode(code), false).neverSent).toBe(true);
    },
  );

  test('finds the code of several attempts to connect, and of a cause', () => {
    expect(networkError(TARGET, new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')]), true).message).toContain(
      'ECONNREFUSED',
    );
    expect(networkError(TARGET, new Error('fetch failed', { cause: withCode('ENOTFOUND') }), true)).toMatchObject({ neverSent: true });
  });
});
