import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import forge from 'node-forge';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Authority, ServingCertificate } from '../../src/admission/certificates.ts';
import {
  authorityLifetimes,
  createAuthority,
  createServingCertificate,
  daysLeft,
  DEFAULT_LIFETIMES,
  lifetimesFault,
  needsRenewal,
} from '../../src/admission/certificates.ts';

const NOW = Date.parse('2026-07-01T12:00:00Z');
const DAY = 86_400_000;
let authority: Authority;
let leaf: ServingCertificate;
let ca: X509Certificate;
let cert: X509Certificate;

beforeAll(async () => {
  authority = await createAuthority(NOW);
  leaf = await createServingCertificate(authority, ['janus-webhook.janus-system.svc', 'localhost', '127.0.0.1', '::1'], NOW);
  [ca, cert] = [new X509Certificate(authority.certificate), new X509Certificate(leaf.certificate)];
});

describe('a certificate of our own making', () => {
  test('is signed by its authority, and the authority by itself', () => {
    expect(cert.checkIssued(ca)).toBe(true);
    expect(cert.verify(ca.publicKey)).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect([ca.ca, cert.ca]).toEqual([true, false]);
  });

  test('is for every host it was asked for, and for no other', () => {
    expect(cert.checkHost('janus-webhook.janus-system.svc')).toBeDefined();
    expect(cert.checkHost('localhost')).toBeDefined();
    expect(cert.checkIP('127.0.0.1')).toBeDefined();
    expect(cert.checkIP('::1')).toBeDefined();
    expect(cert.checkHost('janus-webhook.other.svc')).toBeUndefined();
    expect(cert.checkIP('127.0.0.2')).toBeUndefined();
  });

  test('may serve only, and its authority may sign only', () => {
    expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(extensionsOf(authority.certificate)).toEqual(['basicConstraints', 'keyUsage', 'subjectKeyIdentifier']);
    expect(extensionsOf(leaf.certificate)).toEqual([
      'authorityKeyIdentifier',
      'basicConstraints',
      'extKeyUsage',
      'keyUsage',
      'subjectAltName',
      'subjectKeyIdentifier',
    ]);
  });

  test('is valid from five minutes ago, the authority for ninety days, the certificate for thirty', () => {
    expect(Date.parse(cert.validFrom)).toBe(NOW - 5 * 60_000);
    expect(Date.parse(ca.validFrom)).toBe(NOW - 5 * 60_000);
    expect(Date.parse(cert.validTo)).toBe(NOW + 30 * DAY);
    expect(Date.parse(ca.validTo)).toBe(NOW + 90 * DAY);
  });

  test('has a random positive serial number of twenty bytes', async () => {
    const another = new X509Certificate((await createAuthority(NOW)).certificate);
    const serials = [ca.serialNumber, cert.serialNumber, another.serialNumber];
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{39}$/);
    expect(new Set(serials).size).toBe(3);
    expect(another.subject).not.toBe(ca.subject);
  });

  test('has an RSA key of 2048 bits that fits it', () => {
    const key = createPrivateKey(leaf.privateKey);
    expect(key.asymmetricKeyType).toBe('rsa');
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(cert.checkPrivateKey(key)).toBe(true);
  });

  test('is for at least one host', async () => {
    await expect(createServingCertificate(authority, [], NOW)).rejects.toThrow('at least one host');
  });
});

describe('renewal', () => {
  test('is due in the last third of a certificate’s life', () => {
    const { renewBeforeMs } = DEFAULT_LIFETIMES;
    expect(needsRenewal(leaf.certificate, NOW + 20 * DAY - 1000, renewBeforeMs)).toBe(false);
    expect(needsRenewal(leaf.certificate, NOW + 20 * DAY, renewBeforeMs)).toBe(true);
    expect(needsRenewal(leaf.certificate, NOW + 31 * DAY, renewBeforeMs)).toBe(true);
    expect(authorityLifetimes(DEFAULT_LIFETIMES)).toEqual({ lifetimeMs: 90 * DAY, renewBeforeMs: 30 * DAY });
  });

  test('can be foreseen by the days that are left', () => {
    expect(daysLeft(leaf.certificate, NOW)).toBe(30);
    expect(daysLeft(leaf.certificate, NOW + 31 * DAY)).toBe(-1);
  });
});

test('a bundle of an old and a new authority is trusted for certificates of both', async () => {
  const [old, fresh] = await Promise.all([createAuthority(Date.now()), createAuthority(Date.now())]);
  for (const signer of [old, fresh]) {
    const { certificate, privateKey } = await createServingCertificate(signer, ['localhost'], Date.now());
    const server = createServer({ cert: certificate, key: privateKey }, (socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: `${old.certificate}\n${fresh.certificate}` });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
    server.close();
  }
});

function extensionsOf(pem: string): string[] {
  return forge.pki
    .certificateFromPem(pem)
    .extensions.map((extension: { name?: string }) => extension.name ?? '')
    .toSorted();
}

describe('the times of a certificate', () => {
  test.each([
    [{ lifetimeMs: 59_000, renewBeforeMs: 20_000 }, 'good for 60s at least'],
    [{ lifetimeMs: 60_000, renewBeforeMs: 60_000 }, 'later than at the moment when it is made'],
    [{ lifetimeMs: 60_000, renewBeforeMs: 2_999 }, 'while a twentieth of its life, at least, is left'],
  ])('cannot be %j', (lifetimes, words) => {
    expect(lifetimesFault(lifetimes)).toContain(words);
  });

  test('can be those by default, and a renewal every few seconds', () => {
    expect([lifetimesFault(DEFAULT_LIFETIMES), lifetimesFault({ lifetimeMs: 60_000, renewBeforeMs: 57_000 })]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
