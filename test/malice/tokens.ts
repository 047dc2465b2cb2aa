import { createHmac } from 'node:crypto';
import { GRANT_AUDIENCE, GRANT_ISSUER, GRANT_TYPE } from '../../src/lock/grants.ts';
import { GRANT_CLAIM } from '../../src/lock/grant-claims.ts';
import type { GrantClaims } from '../../src/lock/claims.ts';
import type { GrantKey } from '../../src/lock/keys.ts';

/** A part of a token as it goes over the wire. Text is taken as JSON that somebody wrote by hand. */
export function encoded(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

/** The header of a grant signed with a key, with what is given; undefined leaves a member out. */
export function headerOf(key: GrantKey, parts: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { alg: 'EdDSA', typ: GRANT_TYPE, kid: key.kid, ...parts };
}

/** The payload of a grant as the executor makes it, with what is given. */
export function payloadOf(claims: GrantClaims, seconds: number, parts: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const times = { iat: seconds, nbf: seconds, exp: seconds + 10 };
  return { [GRANT_CLAIM]: claims, iss: GRANT_ISSUER, aud: GRANT_AUDIENCE, ...times, jti: 'one', ...parts };
}

/** A token with this signature over header and payload. */
export function token(header: unknown, payload: unknown, signature: (signed: string) => Buffer | string): string {
  const signed = `${encoded(header)}.${encoded(payload)}`;
  return `${signed}.${Buffer.from(signature(signed)).toString('base64url')}`;
}

/** Signs with a secret that everybody knows. */
export function hmac(bits: 256 | 384 | 512, secret: Buffer | string): (signed: string) => Buffer {
  return (signed) =>
    createHmac(`sha${String(bits)}`, secret)
      .update(signed)
      .digest();
}
