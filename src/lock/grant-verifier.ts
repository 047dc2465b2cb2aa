import { errors, jwtVerify, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { GRANT_EXTRA, type GrantClaims } from './claims.ts';
import { GRANT_CLAIM, readGrantClaims } from './grant-claims.ts';
import { GRANT_AUDIENCE, GRANT_ISSUER, GRANT_LEEWAY_SECONDS, GRANT_LENGTH_MAX, GRANT_LIFE_MAX_SECONDS, GRANT_TYPE } from './grants.ts';
import { keysOf, type KeyRing } from './keys.ts';
import type { ReviewUser } from './review.ts';

/** What can be wrong with a grant; the codes serve metrics. */
export type GrantFault =
  | 'several'
  | 'oversize'
  | 'malformed'
  | 'algorithm'
  | 'type'
  | 'unknown-key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'not-yet-valid'
  | 'expired'
  | 'claims';

export type Verification =
  { readonly ok: true; readonly claims: GrantClaims } | { readonly ok: false; readonly fault: GrantFault; readonly words: string };

/** What is said of a grant that was good once. */
export const GRANT_EXPIRED = 'it has expired';

/** What came with a request. A faulty grant is never treated like none. */
export type GrantState =
  | { readonly state: 'none' }
  | { readonly state: 'verified'; readonly claims: GrantClaims }
  | { readonly state: 'faulty'; readonly fault: GrantFault; readonly words: string };

/** Checks grants against the keys of a ring. */
export interface GrantVerifier {
  /** Never rejects: everything wrong is an answer. */
  verify(token: unknown, now: Date): Promise<Verification>;
}

/** A verifier over one state of the ring: make a new one when the ring changes. */
export function grantVerifier(ring: KeyRing): GrantVerifier {
  const keys = new Map(keysOf(ring).map(({ kid, jwk: { kty, crv, x } }) => [kid, { kty, crv, x }]));
  const keyFor = (header: JWTHeaderParameters) => {
    const key = header.kid === undefined ? undefined : keys.get(header.kid);
    if (key === undefined) throw new UnknownKeyError('no such key');
    return key;
  };
  return { verify: (token, now) => verify(keyFor, token, now) };
}

/** Finds the grant that a user's request carries and verifies it. */
export async function grantOf(user: ReviewUser, verifier: GrantVerifier, now: Date): Promise<GrantState> {
  if (!Object.hasOwn(user.extra, GRANT_EXTRA)) return { state: 'none' };
  const [token, ...others] = user.extra[GRANT_EXTRA] ?? [];
  if (others.length > 0) return { state: 'faulty', fault: 'several', words: 'the request carries more than one' };
  const verification = await verifier.verify(token, now);
  return verification.ok
    ? { state: 'verified', claims: verification.claims }
    : { state: 'faulty', fault: verification.fault, words: verification.words };
}

class UnknownKeyError extends Error {}

type KeyFor = (header: JWTHeaderParameters) => { kty: string; crv: string; x: string };

async function verify(keyFor: KeyFor, token: unknown, now: Date): Promise<Verification> {
  if (typeof token !== 'string' || token === '') return fault('malformed', 'it is empty');
  if (token.length > GRANT_LENGTH_MAX) return fault('oversize', `it is longer than ${GRANT_LENGTH_MAX} characters`);
  try {
    const { payload } = await jwtVerify(token, keyFor, {
      algorithms: ['EdDSA'],
      typ: GRANT_TYPE,
      issuer: GRANT_ISSUER,
      audience: GRANT_AUDIENCE,
      requiredClaims: ['exp', 'nbf', 'iat', 'jti'],
      clockTolerance: GRANT_LEEWAY_SECONDS,
      maxTokenAge: GRANT_LIFE_MAX_SECONDS,
      currentDate: now,
    });
    return claimsOf(payload);
  } catch (error) {
    return faultOf(error);
  }
}

function claimsOf(payload: JWTPayload): Verification {
  const { aud, iat, exp } = payload;
  if (aud !== GRANT_AUDIENCE) return fault('audience', 'it is for others as well');
  if (iat === undefined || exp === undefined || exp - iat > GRANT_LIFE_MAX_SECONDS)
    return fault('claims', `it would live longer than ${GRANT_LIFE_MAX_SECONDS} seconds`);
  const read = readGrantClaims(payload[GRANT_CLAIM]);
  return read.ok ? { ok: true, claims: read.claims } : fault('claims', `its claims are wrong: ${read.words}`);
}

function faultOf(error: unknown): Verification {
  if (error instanceof UnknownKeyError) return fault('unknown-key', 'it is signed with a key that is not known here (any more)');
  if (error instanceof errors.JWTExpired) return fault('expired', GRANT_EXPIRED);
  if (error instanceof errors.JOSEAlgNotAllowed) return fault('algorithm', 'it is signed by another algorithm than EdDSA');
  if (error instanceof errors.JWSSignatureVerificationFailed) return fault('signature', 'its signature is wrong');
  if (error instanceof errors.JWTClaimValidationFailed) return faultOfClaim(error.claim);
  return fault('malformed', 'it is no signed JWT');
}

function faultOfClaim(claim: string): Verification {
  switch (claim) {
    case 'iss':
      return fault('issuer', 'it was not issued by an executor');
    case 'aud':
      return fault('audience', 'it is meant for somebody else');
    case 'typ':
      return fault('type', 'it is a token of another kind');
    case 'nbf':
    case 'iat':
      return fault('not-yet-valid', 'it is not valid yet: compare the clocks of the machines');
    default:
      return fault('claims', `its claim "${claim}" is missing or wrong`);
  }
}

function fault(code: GrantFault, words: string): Verification {
  return { ok: false, fault: code, words };
}
