import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { describe, expect, test } from 'vitest';
import { GRANT_EXTRA, type GrantClaims } from '../../src/lock/claims.ts';
import { GRANT_CLAIM } from '../../src/lock/grant-claims.ts';
import { grantOf, grantVerifier, type Verification } from '../../src/lock/grant-verifier.ts';
import {
  GRANT_AUDIENCE,
  GRANT_ISSUER,
  GRANT_LEEWAY_SECONDS,
  GRANT_LENGTH_MAX,
  GRANT_LIFE_SECONDS,
  GRANT_TYPE,
  grantSigner,
} from '../../src/lock/grants.ts';
import { generateKeyRing, KEY_PUBLISHED_AHEAD_SECONDS, rotate, type KeyRing } from '../../src/lock/keys.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const SECONDS = NOW.getTime() / 1000;
const after = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

const CLAIMS: GrantClaims = {
  transaction: '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b',
  attempt: 3,
  change: 'raise-limit',
  action: 'apply',
  target: { group: '', resource: 'configmaps', namespace: 'shop', name: 'settings', uid: '3f95c800-1111-4222-8333-444455556666' },
};

const ring = generateKeyRing(NOW);
const verifier = grantVerifier(ring);

interface Forgery {
  readonly header?: Record<string, unknown>;
  readonly payload?: Record<string, unknown>;
  readonly by?: KeyRing;
}

/** A token of the right key with some parts wrong; a part that is undefined is left out. */
function forge({ header = {}, payload = {}, by = ring }: Forgery): Promise<string> {
  const claims: JWTPayload = {
    [GRANT_CLAIM]: CLAIMS,
    iss: GRANT_ISSUER,
    aud: GRANT_AUDIENCE,
    iat: SECONDS,
    nbf: SECONDS,
    exp: SECONDS + 10,
    jti: 'one',
    ...payload,
  };
  const given = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return new SignJWT(given).setProtectedHeader({ alg: 'EdDSA', typ: GRANT_TYPE, kid: ring.current.kid, ...header }).sign(by.current.jwk);
}

const bytesOf = (token: string) => token.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));

const faultOf = async (token: unknown, now = NOW) => {
  const verification: Verification = await verifier.verify(token, now);
  return verification.ok ? 'ok' : verification.fault;
};

describe('a grant', () => {
  test('gives back the claims it was signed with', async () => {
    expect(await verifier.verify(await grantSigner(ring).sign(CLAIMS, NOW), NOW)).toEqual({ ok: true, claims: CLAIMS });
    const bound = { ...CLAIMS, bearer: 'system:serviceaccount:shop:deployer' };
    expect(await verifier.verify(await grantSigner(ring).sign(bound, NOW), NOW)).toEqual({ ok: true, claims: bound });
  });

  test('without a uid is for an object that does not exist yet', async () => {
    const { uid: _, ...target } = CLAIMS.target;
    const claims: GrantClaims = { ...CLAIMS, action: 'create', target };
    expect(await verifier.verify(await grantSigner(ring).sign(claims, NOW), NOW)).toEqual({ ok: true, claims });
  });

  test('is never the same twice', async () => {
    expect(await grantSigner(ring).sign(CLAIMS, NOW)).not.toBe(await grantSigner(ring).sign(CLAIMS, NOW));
  });

  test('is good for its life and the leeway, not longer', async () => {
    const token = await grantSigner(ring).sign(CLAIMS, NOW);
    expect(await faultOf(token, after(GRANT_LIFE_SECONDS + GRANT_LEEWAY_SECONDS - 1))).toBe('ok');
    expect(await faultOf(token, after(GRANT_LIFE_SECONDS + GRANT_LEEWAY_SECONDS))).toBe('expired');
  });

  test('is not good before its time, the leeway apart', async () => {
    const token = await grantSigner(ring).sign(CLAIMS, NOW);
    expect(await faultOf(token, after(-GRANT_LEEWAY_SECONDS))).toBe('ok');
    expect(await faultOf(token, after(-GRANT_LEEWAY_SECONDS - 1))).toBe('not-yet-valid');
  });

  test.each([0, -1, 61, 1.5, Number.NaN])('can not live %s seconds', (lifeSeconds) => {
    expect(() => grantSigner(ring, { lifeSeconds })).toThrow(RangeError);
  });

  test.each<[string, unknown]>([
    ['no transaction', { ...CLAIMS, transaction: 'checkout' }],
    ['attempt 0', { ...CLAIMS, attempt: 0 }],
    ['an unknown action', { ...CLAIMS, action: 'own' }],
    ['a target without a name', { ...CLAIMS, target: { ...CLAIMS.target, name: '' } }],
    ['no target', { ...CLAIMS, target: undefined }],
    ['an endless name', { ...CLAIMS, change: 'x'.repeat(GRANT_LENGTH_MAX) }],
  ])('is not signed for %s', async (_, claims) => {
    await expect(grantSigner(ring).sign(claims as GrantClaims, NOW)).rejects.toThrow(RangeError);
  });
});

describe('rotation', () => {
  test('a verifier that has not read the new ring yet accepts every grant signed until it must have', async () => {
    const rotated = rotate(ring, NOW);
    const token = await grantSigner(rotated).sign(CLAIMS, after(KEY_PUBLISHED_AHEAD_SECONDS - 1));
    expect((await verifier.verify(token, after(KEY_PUBLISHED_AHEAD_SECONDS - 1))).ok).toBe(true);
  });

  test('a verifier of the new ring accepts grants of the old key and of the new one', async () => {
    const rotated = rotate(ring, NOW);
    const late = after(KEY_PUBLISHED_AHEAD_SECONDS);
    expect((await grantVerifier(rotated).verify(await grantSigner(ring).sign(CLAIMS, late), late)).ok).toBe(true);
    expect((await grantVerifier(rotated).verify(await grantSigner(rotated).sign(CLAIMS, late), late)).ok).toBe(true);
  });

  test('a key that was dropped is unknown', async () => {
    const other = generateKeyRing(NOW);
    expect(await faultOf(await grantSigner(other).sign(CLAIMS, NOW))).toBe('unknown-key');
  });
});

describe('everything wrong about a token is a fault', () => {
  test.each<[string, Forgery, string]>([
    ['another issuer', { payload: { iss: 'somebody' } }, 'issuer'],
    ['no issuer', { payload: { iss: undefined } }, 'issuer'],
    ['another audience', { payload: { aud: 'somebody' } }, 'audience'],
    ['no audience', { payload: { aud: undefined } }, 'audience'],
    ['several audiences', { payload: { aud: [GRANT_AUDIENCE, 'somebody'] } }, 'audience'],
    ['another type', { header: { typ: 'JWT' } }, 'type'],
    ['no type', { header: { typ: undefined } }, 'type'],
    ['an unknown key', { header: { kid: 'nobody' } }, 'unknown-key'],
    ['a key named like a property of objects', { header: { kid: '__proto__' } }, 'unknown-key'],
    ['no key', { header: { kid: undefined } }, 'unknown-key'],
    ['a key of its own in the header', { header: { kid: undefined, jwk: ring.current.jwk } }, 'unknown-key'],
    ['a known key id, but signed with another key', { by: generateKeyRing(NOW) }, 'signature'],
    ['no expiry', { payload: { exp: undefined } }, 'claims'],
    ['an expiry in words', { payload: { exp: 'tomorrow' } }, 'claims'],
    ['no beginning', { payload: { nbf: undefined } }, 'not-yet-valid'],
    ['no time of issue', { payload: { iat: undefined } }, 'not-yet-valid'],
    ['no id', { payload: { jti: undefined } }, 'claims'],
    ['a life of an hour', { payload: { exp: SECONDS + 3600 } }, 'claims'],
    ['an issue an hour ago and a long life', { payload: { iat: SECONDS - 3600, exp: SECONDS + 10 } }, 'expired'],
    ['an issue in the future', { payload: { iat: SECONDS + 60, nbf: SECONDS, exp: SECONDS + 70 } }, 'not-yet-valid'],
    ['no claims', { payload: { [GRANT_CLAIM]: undefined } }, 'claims'],
    ['claims in a list', { payload: { [GRANT_CLAIM]: [CLAIMS] } }, 'claims'],
    ['a transaction that is no uid', { payload: { [GRANT_CLAIM]: { ...CLAIMS, transaction: 5 } } }, 'claims'],
    ['an attempt in words', { payload: { [GRANT_CLAIM]: { ...CLAIMS, attempt: '3' } } }, 'claims'],
    ['a negative attempt', { payload: { [GRANT_CLAIM]: { ...CLAIMS, attempt: -3 } } }, 'claims'],
    ['several actions', { payload: { [GRANT_CLAIM]: { ...CLAIMS, action: ['apply', 'delete'] } } }, 'claims'],
    ['an action named like a property of objects', { payload: { [GRANT_CLAIM]: { ...CLAIMS, action: 'constructor' } } }, 'claims'],
    ['no change', { payload: { [GRANT_CLAIM]: { ...CLAIMS, change: null } } }, 'claims'],
    ['a target that is a name', { payload: { [GRANT_CLAIM]: { ...CLAIMS, target: 'settings' } } }, 'claims'],
    ['a target without a resource', { payload: { [GRANT_CLAIM]: { ...CLAIMS, target: { ...CLAIMS.target, resource: '' } } } }, 'claims'],
    ['a target without a group', { payload: { [GRANT_CLAIM]: { ...CLAIMS, target: { ...CLAIMS.target, group: null } } } }, 'claims'],
    ['an empty bearer', { payload: { [GRANT_CLAIM]: { ...CLAIMS, bearer: '' } } }, 'claims'],
    ['several bearers', { payload: { [GRANT_CLAIM]: { ...CLAIMS, bearer: ['a', 'b'] } } }, 'claims'],
    ['an empty uid', { payload: { [GRANT_CLAIM]: { ...CLAIMS, target: { ...CLAIMS.target, uid: '' } } } }, 'claims'],
    ['a uid that is a number', { payload: { [GRANT_CLAIM]: { ...CLAIMS, target: { ...CLAIMS.target, uid: 7 } } } }, 'claims'],
  ])('%s', async (_, forgery, fault) => {
    expect(await faultOf(await forge(forgery))).toBe(fault);
  });

  test('no signature at all (alg none)', async () => {
    const token = new UnsecuredJWT({ [GRANT_CLAIM]: CLAIMS })
      .setIssuer(GRANT_ISSUER)
      .setAudience(GRANT_AUDIENCE)
      .setIssuedAt(SECONDS)
      .encode();
    expect(await faultOf(token)).toBe('algorithm');
  });

  test('an HMAC with the public key as its secret (HS256)', async () => {
    const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const payload = {
      [GRANT_CLAIM]: CLAIMS,
      iss: GRANT_ISSUER,
      aud: GRANT_AUDIENCE,
      iat: SECONDS,
      nbf: SECONDS,
      exp: SECONDS + 10,
      jti: 'x',
    };
    const signed = `${encode({ alg: 'HS256', typ: GRANT_TYPE, kid: ring.current.kid })}.${encode(payload)}`;
    const signature = createHmac('sha256', Buffer.from(ring.current.jwk.x, 'base64url')).update(signed).digest('base64url');
    expect(await faultOf(`${signed}.${signature}`)).toBe('algorithm');
  });

  test('a payload exchanged under a good signature', async () => {
    const [header, , signature] = (await forge({})).split('.');
    const [, payload] = (await forge({ payload: { [GRANT_CLAIM]: { ...CLAIMS, action: 'delete' } } })).split('.');
    expect(await faultOf(`${header}.${payload}.${signature}`)).toBe('signature');
  });

  test.each<[string, unknown, string]>([
    ['nothing', '', 'malformed'],
    ['undefined', undefined, 'malformed'],
    ['a number', 5, 'malformed'],
    ['words', 'let me through', 'malformed'],
    ['three dots', '...', 'malformed'],
    ['a token that is too long', `${'a'.repeat(GRANT_LENGTH_MAX)}.b.c`, 'oversize'],
  ])('%s', async (_, token, fault) => {
    expect(await faultOf(token)).toBe(fault);
  });

  test('a good token with anything about it changed, or it still says the same', async () => {
    const token = await forge({});
    expect(await faultOf(token)).toBe('ok');
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.integer({ min: 33, max: 126 }), async (at, code) => {
        const changed = token.slice(0, at) + String.fromCharCode(code) + token.slice(at + 1);
        const verification = await verifier.verify(changed, NOW);
        // Base64 has spare bits at the end of a part: another character there may stand for the same bytes.
        if (verification.ok) expect(bytesOf(changed)).toEqual(bytesOf(token));
      }),
      { numRuns: 300 },
    );
  });

  test('anything at all: verification never rejects, and never accepts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (token) => {
        expect((await verifier.verify(token, NOW)).ok).toBe(false);
      }),
    );
  });
});

describe('the grant of a request', () => {
  const user = (extra: Record<string, readonly string[]>) => ({ username: 'system:serviceaccount:shop:deployer', groups: [], extra });

  test('is none where the user carries none', async () => {
    expect(await grantOf(user({ other: ['x'] }), verifier, NOW)).toEqual({ state: 'none' });
  });

  test('is verified where it is good', async () => {
    expect(await grantOf(user({ [GRANT_EXTRA]: [await forge({})] }), verifier, NOW)).toEqual({ state: 'verified', claims: CLAIMS });
  });

  test('is faulty where it is carried twice, even the same', async () => {
    const token = await forge({});
    expect(await grantOf(user({ [GRANT_EXTRA]: [token, token] }), verifier, NOW)).toMatchObject({ state: 'faulty', fault: 'several' });
  });

  test('is faulty, not none, where the value is missing', async () => {
    expect(await grantOf(user({ [GRANT_EXTRA]: [] }), verifier, NOW)).toMatchObject({ state: 'faulty', fault: 'malformed' });
    expect(await grantOf(user({ [GRANT_EXTRA]: [''] }), verifier, NOW)).toMatchObject({ state: 'faulty', fault: 'malformed' });
  });

  test('never tells the token in the words about its fault', async () => {
    const token = await forge({ payload: { iss: 'somebody' } });
    const grant = await grantOf(user({ [GRANT_EXTRA]: [token] }), verifier, NOW);
    expect(JSON.stringify(grant)).not.toContain(token.slice(0, 20));
  });
});
