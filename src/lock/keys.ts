import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';

/** An Ed25519 key pair as a JWK (RFC 8037). `d` is the secret half. */
export interface Ed25519Jwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly d: string;
}

/** A key that signs grants. */
export interface GrantKey {
  readonly kid: string;
  /** RFC 3339. */
  readonly created: string;
  readonly jwk: Ed25519Jwk;
}

/** All keys whose grants are accepted, the newest first. It is stored as one piece, so readers see a rotation whole or not at all. */
export interface KeyRing {
  readonly current: GrantKey;
  readonly previous: readonly GrantKey[];
}

/** Stored text is no key ring. The message never quotes it. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError';
}

/** Seconds that a new key is published before anything is signed with it, so that verifiers which read late know it in time. */
export const KEY_PUBLISHED_AHEAD_SECONDS = 120;

/** Seconds that a key is kept after its successor signs: longer than any grant of it can be accepted. */
export const KEY_KEPT_AFTER_SECONDS = 120;

/** A new Ed25519 key. Its id is derived from the public half. */
export function generateGrantKey(now: Date): GrantKey {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (x === undefined || d === undefined) throw new Error('Ed25519 keys can not be made by this build of Node.');
  return { kid: kidOf(x), created: now.toISOString(), jwk: { kty: 'OKP', crv: 'Ed25519', x, d } };
}

/** A ring of one new key, which signs at once since no other is there. */
export function generateKeyRing(now: Date): KeyRing {
  return { current: generateGrantKey(now), previous: [] };
}

/** Puts a new key in front and drops what is no longer needed. The old key goes on signing until the new one has been published long enough. */
export function rotate(ring: KeyRing, now: Date): KeyRing {
  return prune({ current: generateGrantKey(now), previous: keysOf(ring) }, now);
}

/** The ring without the keys whose every grant has expired. */
export function prune(ring: KeyRing, now: Date): KeyRing {
  const newestFirst = keysOf(ring);
  const previous = ring.previous.filter((_, index) => {
    const successor = newestFirst[index] ?? ring.current;
    return ageSeconds(successor, now) < KEY_PUBLISHED_AHEAD_SECONDS + KEY_KEPT_AFTER_SECONDS;
  });
  return { current: ring.current, previous };
}

/** The newest key that has been published long enough, or the oldest there is. */
export function signingKey(ring: KeyRing, now: Date): GrantKey {
  const newestFirst = keysOf(ring);
  return newestFirst.find((key) => ageSeconds(key, now) >= KEY_PUBLISHED_AHEAD_SECONDS) ?? newestFirst.at(-1) ?? ring.current;
}

/** Every key of the ring, the newest first. */
export function keysOf(ring: KeyRing): readonly GrantKey[] {
  return [ring.current, ...ring.previous];
}

/** The ring as text, secret halves included: for a Secret, never for a log. */
export function serializeKeyRing(ring: KeyRing): string {
  return JSON.stringify(ring);
}

/**
 * Reads what `serializeKeyRing` wrote.
 * @throws KeyRingError when it is anything else, a key's halves don't belong together, or two keys share an id.
 */
export function parseKeyRing(text: string): KeyRing {
  const { current, previous } = membersOf(jsonOf(text), 'the ring');
  if (!Array.isArray(previous))
    throw new KeyRingError('The stored key ring has no list of previous keys: delete its Secret, and a new one is made.');
  const ring = { current: keyOf(current), previous: previous.map(keyOf) };
  const kids = new Set(keysOf(ring).map((key) => key.kid));
  if (kids.size !== keysOf(ring).length)
    throw new KeyRingError('Two keys of the stored key ring have the same id: delete its Secret, and a new one is made.');
  return ring;
}

function keyOf(value: unknown): GrantKey {
  const { kid, created, jwk } = membersOf(value, 'a key');
  const { kty, crv, x, d } = membersOf(jwk, 'a key');
  if (kty !== 'OKP' || crv !== 'Ed25519' || !isHalf(x) || !isHalf(d)) throw faulty('a key is not Ed25519');
  if (kid !== kidOf(x)) throw faulty("a key's id is not derived from it");
  if (typeof created !== 'string' || !Number.isFinite(Date.parse(created))) throw faulty('a key does not say when it was made');
  const pair: Ed25519Jwk = { kty, crv, x, d };
  if (publicHalfOf(pair) !== x) throw faulty("a key's halves don't belong together");
  return { kid, created, jwk: pair };
}

function publicHalfOf(jwk: Ed25519Jwk): string | undefined {
  return createPublicKey(createPrivateKey({ key: { ...jwk }, format: 'jwk' })).export({ format: 'jwk' }).x;
}

// 32 bytes in base64url without padding.
function isHalf(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value);
}

function kidOf(x: string): string {
  return createHash('sha256').update(x).digest('hex').slice(0, 16);
}

function ageSeconds(key: GrantKey, now: Date): number {
  return (now.getTime() - Date.parse(key.created)) / 1000;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw faulty('it is not JSON');
  }
}

function membersOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw faulty(`${what} is not an object`);
  return value as Readonly<Record<string, unknown>>;
}

function faulty(why: string): KeyRingError {
  return new KeyRingError(`The stored key ring can't be used, since ${why}: delete its Secret, and a new one is made.`);
}
