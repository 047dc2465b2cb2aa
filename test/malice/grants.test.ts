import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { CompactEncrypt, FlattenedSign, GeneralSign, importJWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { GRANT_EXTRA, type GrantClaims } from '../../src/lock/claims.ts';
import { GRANT_CLAIM } from '../../src/lock/grant-claims.ts';
import { grantOf, grantVerifier } from '../../src/lock/grant-verifier.ts';
import { GRANT_AUDIENCE, GRANT_LENGTH_MAX, GRANT_TYPE, grantSigner } from '../../src/lock/grants.ts';
import { generateKeyRing, KEY_KEPT_AFTER_SECONDS, KEY_PUBLISHED_AHEAD_SECONDS, prune, rotate } from '../../src/lock/keys.ts';
import { encoded, headerOf, hmac, payloadOf, token } from './tokens.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const SECONDS = NOW.getTime() / 1000;
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

const CLAIMS: GrantClaims = {
  transaction: '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b',
  attempt: 3,
  change: 'raise-limit',
  action: 'apply',
  target: { group: '', resource: 'configmaps', namespace: 'shop', name: 'settings', uid: '3f95c800-1111-4222-8333-444455556666' },
};

const ring = generateKeyRing(NOW);
const key = ring.current;
const privateKey = createPrivateKey({ key: { ...key.jwk }, format: 'jwk' });
const publicKey = createPublicKey(privateKey);
const verifier = grantVerifier(ring);
const header = (parts: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => headerOf(key, parts);
const payload = (parts: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => payloadOf(CLAIMS, SECONDS, parts);

/** Signed with the real key, whatever it says: nobody but the executor can make one, so only its own checks are tried. */
const real = (head: unknown, body: unknown): string => token(head, body, (signed) => sign(null, Buffer.from(signed), privateKey));

async function faultOf(value: unknown, now = NOW): Promise<string> {
  const verification = await verifier.verify(value, now);
  return verification.ok ? 'accepted' : verification.fault;
}

test('the tokens of this file are good but for what each test does to them', async () => {
  expect(await faultOf(real(header(), payload()))).toBe('accepted');
});

describe('a token of another algorithm than ours is refused before its signature is looked at', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const ed448 = generateKeyPairSync('ed448').privateKey;
  const by = (hash: string | null, signer: KeyObject) => (signed: string) =>
    sign(hash, Buffer.from(signed), { key: signer, dsaEncoding: 'ieee-p1363' });
  const secrets: readonly (readonly [string, Buffer | string])[] = [
    ['the public key in base64url', key.jwk.x],
    ['the bytes of the public key', Buffer.from(key.jwk.x, 'base64url')],
    ['the public key as PEM', publicKey.export({ type: 'spki', format: 'pem' })],
    ['the public key as DER', publicKey.export({ type: 'spki', format: 'der' })],
    ['the public key as a JWK', JSON.stringify(publicKey.export({ format: 'jwk' }))],
    ['the id of the key', key.kid],
    ['nothing', ''],
  ];
  for (const [what, secret] of secrets) {
    for (const bits of [256, 384, 512] as const) {
      test(`HS${String(bits)} with ${what} as its secret`, async () => {
        expect(await faultOf(token(header({ alg: `HS${String(bits)}` }), payload(), hmac(bits, secret)))).toBe('algorithm');
      });
    }
  }

  test.each(['none', 'None', 'NONE', 'nOnE'])('%s, with and without something for a signature', async (alg) => {
    for (const signature of ['', 'x']) expect(await faultOf(token(header({ alg }), payload(), () => signature))).toBe('algorithm');
  });

  test.each<[string, (signed: string) => Buffer]>([
    ['RS256', by('sha256', rsa)],
    ['PS256', by('sha256', rsa)],
    ['ES256', by('sha256', p256)],
    ['ES384', by('sha384', p384)],
    ['Ed448', by(null, ed448)],
    ['Ed25519', by(null, privateKey)],
    ['eddsa', by(null, privateKey)],
    ['EdDSA ', by(null, privateKey)],
  ])('%s', async (alg, signature) => {
    expect(await faultOf(token(header({ alg }), payload(), signature))).toBe('algorithm');
  });

  test.each<[string, string]>([
    ['a key of a larger curve under our name', token(header(), payload(), by(null, ed448))],
    ['all zeros for ECDSA and EdDSA', token(header(), payload(), () => Buffer.alloc(64))],
    ['nothing signed', token(header(), payload(), () => '')],
    ['half a signature', token(header(), payload(), (signed) => sign(null, Buffer.from(signed), privateKey).subarray(0, 32))],
    [
      'two signatures',
      token(header(), payload(), (signed) => Buffer.concat(Array(2).fill(sign(null, Buffer.from(signed), privateKey)) as Buffer[])),
    ],
  ])('EdDSA with %s', async (_, forged) => {
    expect(await faultOf(forged)).toBe('signature');
  });

  test.each([
    ['a list', ['EdDSA']],
    ['null', null],
    ['a number', 7],
    ['an object', { toString: 'EdDSA' }],
    ['nothing', undefined],
    ['empty', ''],
  ])('an algorithm that is %s', async (_, alg) => {
    expect(['malformed', 'algorithm']).toContain(await faultOf(real(header({ alg }), payload())));
  });

  test('the last of two algorithms counts, as in any JSON, and the signature is over both', async () => {
    const written = (first: string, last: string): string => `{"alg":"${first}","typ":"${GRANT_TYPE}","kid":"${key.kid}","alg":"${last}"}`;
    expect(await faultOf(token(written('EdDSA', 'none'), payload(), () => ''))).toBe('algorithm');
    expect(await faultOf(token(written('none', 'EdDSA'), payload(), () => ''))).toBe('signature');
  });
});

describe('the id of a key', () => {
  test.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list of the right one', [key.kid]],
    ['an object', { [key.kid]: key.kid }],
    ['true', true],
    ['empty', ''],
    ['a path', `../../${key.kid}`],
    ['a path of the machine', '/dev/null'],
    ['a query', "' OR 1=1 --"],
    ['a URL', 'https://example.com/keys.json'],
    ['with a space at its end', `${key.kid} `],
    ['with a zero byte', `${key.kid}\u0000`],
    ['in capitals', key.kid.toUpperCase().replace(/^[0-9]*$/, 'X')],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['toString', 'toString'],
    ['hasOwnProperty', 'hasOwnProperty'],
    ['size, of the map of keys', 'size'],
    ['very long', 'k'.repeat(2000)],
  ])('that is %s names no key', async (_, kid) => {
    expect(await faultOf(real(header({ kid }), payload()))).toBe('unknown-key');
  });

  test('of a key that was pruned names none, though its signature is right', async () => {
    const rotated = rotate(ring, NOW);
    const late = after(KEY_PUBLISHED_AHEAD_SECONDS + KEY_KEPT_AFTER_SECONDS);
    const grant = await grantSigner(ring).sign(CLAIMS, late);
    expect(await grantVerifier(rotated).verify(grant, late)).toMatchObject({ ok: true });
    expect(await grantVerifier(prune(rotated, late)).verify(grant, late)).toMatchObject({ ok: false, fault: 'unknown-key' });
  });

  test('of another ring names none, and ours does not make its signature ours', async () => {
    const other = generateKeyRing(NOW);
    const grant = await grantSigner(other).sign(CLAIMS, NOW);
    expect(await faultOf(grant)).toBe('unknown-key');
    const otherKey = createPrivateKey({ key: { ...other.current.jwk }, format: 'jwk' });
    expect(await faultOf(token(header(), payload(), (signed) => sign(null, Buffer.from(signed), otherKey)))).toBe('signature');
  });

  test('of one key of the ring does not pass for another of it', async () => {
    const rotated = rotate(ring, NOW);
    const grant = real(headerOf(rotated.current), payload());
    expect(await grantVerifier(rotated).verify(grant, NOW)).toMatchObject({ ok: false, fault: 'signature' });
  });
});

describe('a header that brings its own trust is not believed', () => {
  const own = generateKeyRing(NOW).current;
  const ownKey = createPrivateKey({ key: { ...own.jwk }, format: 'jwk' });
  const { kty, crv, x } = own.jwk;
  const byOwn = (parts: Readonly<Record<string, unknown>>): string =>
    token(header(parts), payload(), (signed) => sign(null, Buffer.from(signed), ownKey));

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['jwk', { jwk: { kty, crv, x } }],
    ['jwk, under no id', { jwk: { kty, crv, x }, kid: undefined }],
    ['jwk, under its own id', { jwk: { kty, crv, x, kid: own.kid }, kid: own.kid }],
    ['jku', { jku: 'https://example.com/keys.json' }],
    ['x5u', { x5u: 'https://example.com/certificate.pem' }],
    ['x5c', { x5c: ['MIIB'] }],
  ])('%s', async (_, parts) => {
    expect(['signature', 'unknown-key']).toContain(await faultOf(byOwn(parts)));
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['an extension that it calls critical', { crit: ['exp'], exp: SECONDS + 10 }],
    ['an extension of ours that there is not', { crit: ['tx.janus.io'], 'tx.janus.io': true }],
    ['nothing critical', { crit: [] }],
    ['critical words', { crit: 'b64' }],
    ['a payload that is not encoded', { crit: ['b64'], b64: false }],
  ])('%s', async (_, parts) => {
    expect(await faultOf(real(header(parts), payload()))).toBe('malformed');
  });
});

describe('a token of another form', () => {
  const body = JSON.stringify(payload());
  const bytes = new TextEncoder().encode(body);
  const jwk = { ...key.jwk, alg: 'EdDSA' };
  const protectedHeader = { alg: 'EdDSA', typ: GRANT_TYPE, kid: key.kid };

  test('encrypted is refused, whatever it was encrypted for', async () => {
    const secret = new Uint8Array(32);
    const encrypted = await new CompactEncrypt(bytes)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', ...{ kid: key.kid } })
      .encrypt(secret);
    expect(await faultOf(encrypted)).toBe('malformed');
  });

  test('signed and packed into another signed one is refused', async () => {
    const inner = real(header(), payload());
    expect(await faultOf(real(header({ cty: 'JWT' }), JSON.stringify(inner)))).toBe('malformed');
    expect(await faultOf(real(header({ cty: 'JWT' }), inner))).toBe('malformed');
  });

  test('in the JSON forms of a signature is refused, as text and as an object', async () => {
    const signer = await importJWK(jwk);
    const flat = await new FlattenedSign(bytes).setProtectedHeader(protectedHeader).sign(signer);
    const general = await new GeneralSign(bytes).addSignature(signer).setProtectedHeader(protectedHeader).sign();
    for (const form of [flat, general]) {
      expect(await faultOf(JSON.stringify(form))).toBe('malformed');
      expect(await faultOf(form)).toBe('malformed');
    }
  });

  test.each<[string, (good: string) => string]>([
    ['without its payload', (good) => good.replace(/\..*\./, '..')],
    ['without its signature', (good) => good.slice(0, good.lastIndexOf('.'))],
    ['with a fourth part', (good) => `${good}.e30`],
    ['with a scheme in front', (good) => `Bearer ${good}`],
    ['with a list of two', (good) => `${good},${good}`],
    ['with a line break in the middle of its header', (good) => `${good.slice(0, 9)}\r\n${good.slice(9)}`],
    ['that holds a zero byte', (good) => `${good}\u0000`],
  ])('%s is refused', async (_, change) => {
    expect(['malformed', 'signature']).toContain(await faultOf(change(real(header(), payload()))));
  });

  test('of one character too many is refused, however good it is', async () => {
    const bare = real(header(), payload({ pad: '' })).length;
    const padded = real(header(), payload({ pad: 'x'.repeat(Math.ceil(((GRANT_LENGTH_MAX - bare) * 3) / 4) + 3) }));
    expect(padded.length).toBeGreaterThan(GRANT_LENGTH_MAX);
    expect(await faultOf(padded)).toBe('oversize');
    expect(await faultOf('x'.repeat(10_000_000))).toBe('oversize');
  });

  test.each([
    ['a number', '7'],
    ['null', 'null'],
    ['a list', '[]'],
    ['text', '"x"'],
    ['nothing', ''],
    ['half of it', body.slice(0, 40)],
  ])('whose payload is %s is refused', async (_, text) => {
    expect(await faultOf(real(header(), text))).toBe('malformed');
  });
});

describe('who a token is for and from', () => {
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['a type of plain JWTs', { typ: 'JWT' }, 'type'],
    ['a type of access tokens', { typ: 'at+jwt' }, 'type'],
    ['a type in a list', { typ: [GRANT_TYPE] }, 'type'],
    ['a type that only begins like ours', { typ: `${GRANT_TYPE}2` }, 'type'],
  ])('%s is refused', async (_, parts, fault) => {
    expect(await faultOf(real(header(parts), payload()))).toBe(fault);
  });

  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['a list of our audience alone', { aud: [GRANT_AUDIENCE] }, 'audience'],
    ['an audience that begins like ours', { aud: `${GRANT_AUDIENCE}/x` }, 'audience'],
    ['our audience in capitals', { aud: GRANT_AUDIENCE.toUpperCase() }, 'audience'],
    ['an audience that is an object', { aud: { [GRANT_AUDIENCE]: true } }, 'audience'],
    ['the API server as audience', { aud: 'https://kubernetes.default.svc' }, 'audience'],
    ['a ServiceAccount token’s issuer', { iss: 'https://kubernetes.default.svc' }, 'issuer'],
    ['an issuer in a list', { iss: ['tx.janus.io/executor'] }, 'issuer'],
    ['the audience as issuer', { iss: GRANT_AUDIENCE }, 'issuer'],
  ])('%s is refused', async (_, parts, fault) => {
    expect(await faultOf(real(header(), payload(parts)))).toBe(fault);
  });
});

describe('the times of a token', () => {
  const moments = ['iat', 'nbf', 'exp'] as const;
  const strange: readonly (readonly [string, string])[] = [
    ['text', `"${String(SECONDS)}"`],
    ['null', 'null'],
    ['true', 'true'],
    ['a list', `[${String(SECONDS)}]`],
    ['an object', '{}'],
    ['infinite', '1e999'],
    ['infinitely long ago', '-1e999'],
  ];
  for (const moment of moments) {
    // A token that was good long before it was issued is no better than any other.
    const refused = strange.filter(([, written]) => moment !== 'nbf' || written !== '-1e999');
    test.each(refused)(`${moment} that is %s is refused`, async (_, written) => {
      const text = JSON.stringify(payload({ [moment]: 'HERE' })).replace('"HERE"', written);
      expect(await faultOf(real(header(), text))).not.toBe('accepted');
    });
  }

  test('none of which ever ends is refused: all of them infinite', async () => {
    const text = JSON.stringify(payload({ iat: 'HERE', nbf: 'HERE', exp: 'HERE' })).replaceAll('"HERE"', '1e999');
    expect(await faultOf(real(header(), text))).not.toBe('accepted');
    expect(await faultOf(real(header(), text.replace('"nbf":1e999', `"nbf":${String(SECONDS)}`)))).not.toBe('accepted');
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['an end before its beginning', { exp: SECONDS - 3600 }],
    ['a beginning after its end', { nbf: SECONDS + 3600 }],
    ['a life of 61 seconds', { exp: SECONDS + 61 }],
    ['the same long life, issued in the future', { iat: SECONDS + 30, exp: SECONDS + 91 }],
    ['times in milliseconds', { iat: SECONDS * 1000, nbf: SECONDS * 1000, exp: SECONDS * 1000 + 10_000 }],
    ['an issue at the beginning of time', { iat: 0 }],
  ])('%s is refused', async (_, parts) => {
    expect(await faultOf(real(header(), payload(parts)))).not.toBe('accepted');
  });
});

describe('the claims of a token', () => {
  test.each<[string, string]>([
    ['inherited', `{"__proto__":${JSON.stringify(CLAIMS)}}`],
    [
      'partly inherited',
      JSON.stringify({ ...CLAIMS, target: 0 }).replace('"target":0', `"__proto__":{"target":${JSON.stringify(CLAIMS.target)}}`),
    ],
    ['of an action by another name of it', JSON.stringify({ ...CLAIMS, action: 'Apply' })],
    ['of every action', JSON.stringify({ ...CLAIMS, action: '*' })],
    ['for any name', JSON.stringify({ ...CLAIMS, target: { ...CLAIMS.target, name: null } })],
    ['of an attempt that is infinite', JSON.stringify({ ...CLAIMS, attempt: 'HERE' }).replace('"HERE"', '1e999')],
    ['of an attempt and a half', JSON.stringify({ ...CLAIMS, attempt: 3.5 })],
    ['of a transaction in capitals', JSON.stringify({ ...CLAIMS, transaction: CLAIMS.transaction.toUpperCase() })],
  ])('that are %s are refused', async (_, written) => {
    const text = JSON.stringify(payload({ [GRANT_CLAIM]: 'HERE' })).replace('"HERE"', () => written);
    expect(await faultOf(real(header(), text))).toBe('claims');
  });
});

describe('the extras of a request', () => {
  const good = real(header(), payload());
  const user = (extra: Record<string, readonly string[]>) => ({ username: 'system:serviceaccount:shop:deployer', groups: [], extra });

  test.each([
    ['two different', [good, real(header(), payload({ jti: 'two' }))]],
    ['the same twice', [good, good]],
    ['a good one after a bad one', ['x', good]],
    ['a good one before an empty one', [good, '']],
    ['a thousand', Array.from({ length: 1000 }, () => good)],
  ])('carry no grant when they carry %s', async (_, tokens) => {
    expect(await grantOf(user({ [GRANT_EXTRA]: tokens }), verifier, NOW)).toMatchObject({ state: 'faulty', fault: 'several' });
  });

  test.each([
    'tx.janus.io/Grant',
    'TX.JANUS.IO/GRANT',
    'tx.janus.io/grant ',
    ' tx.janus.io/grant',
    'tx.janus.io%2fgrant',
    'tx.janus.io/grants',
    'grant',
  ])('under the name %j are a stranger’s', async (name) => {
    expect(await grantOf(user({ [name]: [good] }), verifier, NOW)).toEqual({ state: 'none' });
  });

  test('that are only inherited are a stranger’s', async () => {
    const extra = JSON.parse(`{"__proto__":{"${GRANT_EXTRA}":["${good}"]}}`) as Record<string, readonly string[]>;
    expect(await grantOf(user(extra), verifier, NOW)).toEqual({ state: 'none' });
  });
});

test('a token’s header and payload are never quoted in what is said of it', async () => {
  for (const forged of [
    real(header({ typ: 'secret-typ' }), payload()),
    real(header({ kid: 'secret-kid' }), payload()),
    encoded('secret'),
  ]) {
    const verification = await verifier.verify(forged, NOW);
    expect(JSON.stringify(verification)).not.toContain('secret');
  }
});
