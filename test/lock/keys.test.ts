import { describe, expect, test } from 'vitest';
import {
  generateGrantKey,
  generateKeyRing,
  KEY_KEPT_AFTER_SECONDS,
  KEY_PUBLISHED_AHEAD_SECONDS,
  KeyRingError,
  keysOf,
  parseKeyRing,
  prune,
  rotate,
  serializeKeyRing,
  signingKey,
} from '../../src/lock/keys.ts';

const START = new Date('2026-01-01T00:00:00Z');
const after = (seconds: number) => new Date(START.getTime() + seconds * 1000);

describe('the key ring', () => {
  test('starts with one key that signs at once', () => {
    const ring = generateKeyRing(START);
    expect(ring.previous).toEqual([]);
    expect(signingKey(ring, START)).toBe(ring.current);
  });

  test('makes keys that differ, each with an id of its own', () => {
    const [one, two] = [generateGrantKey(START), generateGrantKey(START)];
    expect(one.kid).not.toBe(two.kid);
    expect(one.jwk.d).not.toBe(two.jwk.d);
  });

  test('goes on signing with the old key until the new one has been published long enough', () => {
    const ring = generateKeyRing(START);
    const rotated = rotate(ring, after(1000));
    expect(rotated.previous).toEqual([ring.current]);
    expect(signingKey(rotated, after(1000 + KEY_PUBLISHED_AHEAD_SECONDS - 1)).kid).toBe(ring.current.kid);
    expect(signingKey(rotated, after(1000 + KEY_PUBLISHED_AHEAD_SECONDS)).kid).toBe(rotated.current.kid);
  });

  test('rotated twice in a row still signs with the key that everybody knows', () => {
    const ring = generateKeyRing(START);
    const twice = rotate(rotate(ring, after(1000)), after(1010));
    expect(keysOf(twice)).toHaveLength(3);
    expect(signingKey(twice, after(1011)).kid).toBe(ring.current.kid);
  });

  test('drops a key only after its successor has signed for longer than a grant is accepted', () => {
    const ring = generateKeyRing(START);
    const rotated = rotate(ring, after(1000));
    const end = 1000 + KEY_PUBLISHED_AHEAD_SECONDS + KEY_KEPT_AFTER_SECONDS;
    expect(prune(rotated, after(end - 1))).toEqual(rotated);
    expect(prune(rotated, after(end)).previous).toEqual([]);
  });

  test('never drops the key that it would sign with', () => {
    let ring = generateKeyRing(START);
    for (let seconds = 0; seconds < 3000; seconds += 37) {
      const now = after(seconds);
      ring = seconds % 111 === 0 ? rotate(ring, now) : ring;
      const pruned = prune(ring, now);
      expect(signingKey(pruned, now)).toEqual(signingKey(ring, now));
      ring = pruned;
    }
    expect(keysOf(ring).length).toBeLessThan(8);
  });
});

describe('storing the ring', () => {
  const ring = rotate(generateKeyRing(START), after(10));
  const text = serializeKeyRing(ring);
  const altered = (alter: (copy: { current: { jwk: object }; previous: unknown }) => void) => {
    const copy = JSON.parse(text) as Parameters<typeof alter>[0];
    alter(copy);
    return JSON.stringify(copy);
  };

  test('gives back what was stored', () => {
    expect(parseKeyRing(text)).toEqual(ring);
  });

  test.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['a list', '[]'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['a ring without a list of previous keys', altered((copy) => (copy.previous = null))],
    ['a ring without a current key', altered((copy) => Object.assign(copy, { current: null }))],
    ['a previous key that is none', altered((copy) => (copy.previous = ['x']))],
    ['a key of another curve', altered((copy) => Object.assign(copy.current.jwk, { crv: 'X25519' }))],
    ['a key of another type', altered((copy) => Object.assign(copy.current.jwk, { kty: 'oct' }))],
    ['a key with a short half', altered((copy) => Object.assign(copy.current.jwk, { d: 'AAAA' }))],
    ['halves of two keys', altered((copy) => Object.assign(copy.current.jwk, { d: generateGrantKey(START).jwk.d }))],
    ['an id that is not derived from the key', altered((copy) => Object.assign(copy.current, { kid: '0000000000000000' }))],
    ['a key that was made at no time', altered((copy) => Object.assign(copy.current, { created: 'yesterday' }))],
    ['the same key twice', JSON.stringify({ current: ring.current, previous: [ring.current] })],
  ])('refuses %s', (_, stored) => {
    expect(() => parseKeyRing(stored)).toThrow(KeyRingError);
  });

  test('never quotes the key material in its errors', () => {
    const broken = altered((copy) => Object.assign(copy.current, { created: 'never' }));
    expect(() => parseKeyRing(broken)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(ring.current.jwk.d) as string }) as Error,
    );
  });
});
