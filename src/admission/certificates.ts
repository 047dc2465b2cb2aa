import { generateKeyPair, randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';

/** What the server shows: PEM certificate chain, leaf first, and its private key. */
export interface ServingCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A certificate authority of our own. */
export interface Authority {
  readonly certificate: string;
  readonly privateKey: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long a serving certificate is good, and how long before its end another one takes its place; milliseconds. */
export interface Lifetimes {
  readonly lifetimeMs: number;
  readonly renewBeforeMs: number;
}

export const DEFAULT_LIFETIMES: Lifetimes = { lifetimeMs: 30 * DAY_MS, renewBeforeMs: 10 * DAY_MS };

/** Those of the authority that signs: everything takes three times as long. */
export function authorityLifetimes({ lifetimeMs, renewBeforeMs }: Lifetimes): Lifetimes {
  return { lifetimeMs: 3 * lifetimeMs, renewBeforeMs: 3 * renewBeforeMs };
}

/** What is wrong with these times, in words; undefined where nothing is. */
export function lifetimesFault({ lifetimeMs, renewBeforeMs }: Lifetimes): string | undefined {
  if (lifetimeMs < SHORTEST_MS) return `a certificate must be good for ${String(SHORTEST_MS / 1000)}s at least`;
  if (renewBeforeMs >= lifetimeMs) return 'a certificate must be renewed later than at the moment when it is made';
  if (renewBeforeMs < lifetimeMs / 20) return 'a certificate must be renewed while a twentieth of its life, at least, is left';
  return undefined;
}

/** X.509 has whole seconds, and a renewal takes a few. */
const SHORTEST_MS = 60_000;
// Clocks of API servers may be behind ours.
const BACKDATED_MS = 5 * 60 * 1000;

const generate = promisify(generateKeyPair);

/** A self-signed authority (RSA-2048, SHA-256). `now` in milliseconds. */
export async function createAuthority(now: number, lifetimes = DEFAULT_LIFETIMES): Promise<Authority> {
  const keys = await rsaKeys();
  const certificate = unsigned(keys.publicKey, now, authorityLifetimes(lifetimes).lifetimeMs);
  // The serial in the name keeps an old authority and its successor apart in a bundle.
  const name = [{ name: 'commonName', value: `janus-webhook-ca-${certificate.serialNumber.slice(0, 8)}` }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  return sign(certificate, keys.privateKey, keys.privateKey);
}

/** A serving certificate for these DNS names and IP addresses. `now` in milliseconds. */
export async function createServingCertificate(
  authority: Authority,
  hosts: readonly string[],
  now: number,
  { lifetimeMs } = DEFAULT_LIFETIMES,
): Promise<ServingCertificate> {
  if (hosts.length === 0) throw new Error('a serving certificate needs at least one host');
  const keys = await rsaKeys();
  const issuer = forge.pki.certificateFromPem(authority.certificate);
  const certificate = unsigned(keys.publicKey, now, lifetimeMs);
  certificate.setSubject([{ name: 'commonName', value: 'janus-webhook' }]);
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: hosts.map((host) => (isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host })) },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  return sign(certificate, keys.privateKey, authority.privateKey);
}

/** True once no more than `renewBeforeMs` of a certificate's life is left. `now` in milliseconds. */
export function needsRenewal(certificate: string, now: number, renewBeforeMs: number): boolean {
  return now >= expiryOf(certificate) - renewBeforeMs;
}

/** When a certificate expires; milliseconds since 1970. */
export function expiryOf(certificate: string): number {
  return Date.parse(new X509Certificate(certificate).validTo);
}

/** Days until a certificate expires; negative afterwards. `now` in milliseconds. */
export function daysLeft(certificate: string, now: number): number {
  return (expiryOf(certificate) - now) / DAY_MS;
}

async function rsaKeys(): Promise<{ publicKey: string; privateKey: string }> {
  return generate('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

function unsigned(publicKey: string, now: number, lifetimeMs: number): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = serialNumber();
  certificate.validity.notBefore = new Date(now - BACKDATED_MS);
  certificate.validity.notAfter = new Date(now + lifetimeMs);
  return certificate;
}

// RFC 5280, 4.1.2.2: positive and at most 20 bytes. A clear top bit keeps it positive, a set second one keeps its length.
function serialNumber(): string {
  const bytes = randomBytes(20);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString('hex');
}

function sign(certificate: forge.pki.Certificate, privateKey: string, signingKey: string): ServingCertificate {
  certificate.sign(forge.pki.privateKeyFromPem(signingKey), forge.md.sha256.create());
  return { certificate: forge.pki.certificateToPem(certificate), privateKey };
}
