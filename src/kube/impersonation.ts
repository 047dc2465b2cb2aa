import type { Identity } from './client.ts';
import { InvalidRequestError } from './errors.ts';

// Control characters would end a header line, or be refused by the server.
const isControl = (code: number): boolean => (code < 0x20 && code !== 0x09) || code === 0x7f;

// The server lower-cases header names before it decodes them, so capitals must be encoded to survive.
const LITERAL_IN_EXTRA_KEY = /[a-z0-9!#$&'*+\-.^_`|~]/;

/**
 * The `Impersonate-*` headers of an identity, as name and values, the values as raw UTF-8 bytes (one char each). Groups become one
 * header line each; keys of extras are percent-encoded and lower case on the wire, as the API server decodes them.
 *
 * @throws InvalidRequestError for an empty user or a control character, which could forge a header.
 */
export function impersonationHeaders(identity: Identity): Readonly<Record<string, string | string[]>> {
  if (identity.user === '') throw new InvalidRequestError('cannot act as a user without a name: set the user of the identity');
  const headers: Record<string, string | string[]> = { 'Impersonate-User': wireValue('user', identity.user) };
  if (identity.uid !== undefined) headers['Impersonate-Uid'] = wireValue('uid', identity.uid);
  if (identity.groups !== undefined && identity.groups.length > 0) {
    headers['Impersonate-Group'] = identity.groups.map((group) => wireValue('group', group));
  }
  for (const [key, values] of Object.entries(identity.extra ?? {})) {
    if (values.length > 0) headers[`Impersonate-Extra-${encodeExtraKey(key)}`] = values.map((value) => wireValue('extra', value));
  }
  return headers;
}

/** The part of an `Impersonate-Extra-` header name that stands for `key`: `tx.janus.io/grant` → `tx.janus.io%2Fgrant`. */
export function encodeExtraKey(key: string): string {
  if (key === '') throw new InvalidRequestError('cannot send an extra without a key');
  let encoded = '';
  for (const byte of Buffer.from(key, 'utf8')) {
    const char = String.fromCharCode(byte);
    encoded += LITERAL_IN_EXTRA_KEY.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

// Header values go over the wire as bytes: what is not ASCII is sent as UTF-8, as client-go does.
function wireValue(what: string, value: string): string {
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.some(isControl)) throw new InvalidRequestError(`cannot act as this identity: its ${what} contains a control character`);
  return bytes.toString('latin1');
}
