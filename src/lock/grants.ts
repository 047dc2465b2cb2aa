import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { GrantClaims } from './claims.ts';
import { GRANT_CLAIM, readGrantClaims } from './grant-claims.ts';
import { signingKey, type KeyRing } from './keys.ts';

/** `iss` and `aud` of every grant, and its `typ` (RFC 8725, 3.11: a token of another use is none of ours). */
export const GRANT_ISSUER = 'tx.janus.io/executor';
export const GRANT_AUDIENCE = 'tx.janus.io/admission';
export const GRANT_TYPE = 'janus-grant+jwt';

/** Seconds that a grant lives. */
export const GRANT_LIFE_SECONDS = 10;

/** Seconds that the clocks of signer and verifier may differ. */
export const GRANT_LEEWAY_SECONDS = 5;

/** Seconds that a grant may live at most, whatever its signer was told. */
export const GRANT_LIFE_MAX_SECONDS = 60;

/** Characters that a grant has at most. */
export const GRANT_LENGTH_MAX = 4096;

/** Signs grants with the key of the ring that is due. */
export interface GrantSigner {
  /** A JWT for these claims. Throws RangeError for claims that no verifier would accept. */
  sign(claims: GrantClaims, now: Date): Promise<string>;
}

/** A signer over one state of the ring: make a new one when the ring changes. Throws RangeError for a life over a minute. */
export function grantSigner(ring: KeyRing, { lifeSeconds = GRANT_LIFE_SECONDS }: { readonly lifeSeconds?: number } = {}): GrantSigner {
  if (!Number.isInteger(lifeSeconds) || lifeSeconds < 1 || lifeSeconds > GRANT_LIFE_MAX_SECONDS) {
    throw new RangeError(`A grant can live 1 to ${GRANT_LIFE_MAX_SECONDS} whole seconds, not ${lifeSeconds}.`);
  }
  return { sign: (claims, now) => sign(ring, lifeSeconds, claims, now) };
}

async function sign(ring: KeyRing, lifeSeconds: number, claims: GrantClaims, now: Date): Promise<string> {
  const read = readGrantClaims(claims);
  if (!read.ok) throw new RangeError(`These claims can't be granted: ${read.words}.`);
  const { kid, jwk } = signingKey(ring, now);
  const seconds = Math.floor(now.getTime() / 1000);
  const token = await new SignJWT({ [GRANT_CLAIM]: { ...read.claims } })
    .setProtectedHeader({ alg: 'EdDSA', typ: GRANT_TYPE, kid })
    .setIssuer(GRANT_ISSUER)
    .setAudience(GRANT_AUDIENCE)
    .setIssuedAt(seconds)
    .setNotBefore(seconds)
    .setExpirationTime(seconds + lifeSeconds)
    .setJti(randomUUID())
    .sign(jwk);
  if (token.length > GRANT_LENGTH_MAX)
    throw new RangeError(`A grant for ${claims.target.resource} ${claims.target.name} would be over ${GRANT_LENGTH_MAX} characters.`);
  return token;
}
