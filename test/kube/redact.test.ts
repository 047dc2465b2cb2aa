import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact, redactDeep } from '../../src/kube/redact.ts';

const base64url = (value: string): string => Buffer.from(value).toString('base64url');
const TOKEN = `${base64url('{"alg":"EdDSA","typ":"JWT"}')}.${base64url('{"sub":"someone","exp":4102444800}')}.${'c2lnbmF0dXJl'.repeat(4)}`;

describe('redact', () => {
  test('removes a token and leaves the words around it', () => {
    expect(redact(`cannot impersonate resource "${TOKEN}" in API group ""`)).toBe(
      'cannot impersonate resource "[redacted]" in API group ""',
    );
  });

  test('removes every token of a text', () => {
    expect(redact(`${TOKEN} and ${TOKEN}`)).toBe('[redacted] and [redacted]');
  });

  test('removes a token that was cut short, wherever it was cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 12, max: TOKEN.length }), (length) => {
        const redacted = redact(`user "${TOKEN.slice(0, length)}"`);
        expect(redacted).not.toContain(TOKEN.slice(0, 12));
        expect(redacted).toContain('[redacted]');
      }),
    );
  });

  test('removes a token whatever its payload is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.uint8Array({ minLength: 32, maxLength: 64 }), (claims, signature) => {
        const payload = base64url(JSON.stringify({ iss: 'janus', ...claims }));
        const signed = Buffer.from(signature).toString('base64url');
        const redacted = redact(`extra[grant]=${base64url('{"alg":"EdDSA"}')}.${payload}.${signed};`);
        expect(redacted).not.toContain(payload);
        expect(redacted).not.toContain(signed);
      }),
    );
  });

  test('removes the value of an Authorization header', () => {
    expect(redact('Authorization: Bearer abcdefghijklmnopqrstuvwx')).toBe('Authorization: Bearer [redacted]');
    expect(redact('authorization: basic dXNlcjpwYXNz')).toBe('authorization: basic [redacted]');
  });

  test.each([
    'webhook-alpha.namespace-beta.example-domain denied the request',
    'deployments.apps "settings" is forbidden: User "system:serviceaccount:shop:deployer" cannot patch',
    'bearer of bad news',
    'admission webhook "locks.janus-system.tx-janus-io" said no',
  ])('leaves words that only look like a credential: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  test('is done with a long text in no time, whatever it is made of', () => {
    for (const piece of ['a', 'a.', 'eyJ', 'eyJhbGciOi.', 'bearer ', 'Bearer\t', '-', 'aaaaaaaaa.aaaaaaaaa.']) {
      const before = process.cpuUsage();
      redact(piece.repeat(20_000 / piece.length));
      // Of the processor, not of the clock: the machine may be busy with something else.
      expect(process.cpuUsage(before).user, JSON.stringify(piece)).toBeLessThan(500_000);
    }
  });
});

describe('redactDeep', () => {
  test('redacts every string of a value and keeps its shape', () => {
    const value = { message: `x ${TOKEN}`, list: [TOKEN, 1, null, true], inner: { deeper: [{ field: `Bearer ${'k'.repeat(20)}` }] } };
    expect(redactDeep(value)).toEqual({
      message: 'x [redacted]',
      list: ['[redacted]', 1, null, true],
      inner: { deeper: [{ field: 'Bearer [redacted]' }] },
    });
  });

  test('changes nothing in a value without credentials', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const kept = JSON.parse(JSON.stringify(value)) as unknown;
        expect(redactDeep(kept)).toEqual(kept);
      }),
    );
  });
});
