import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { certificate } from './certificate.ts';

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const caKey = newKey();
const ca = { commonName: 'some-ca', ...caKey };
const parse = (pem: string): X509Certificate => new X509Certificate(pem);
const caCertificate = parse(certificate({ commonName: 'some-ca', use: 'ca', publicKey: caKey.publicKey }, ca));

describe('a certificate', () => {
  test('of a server names it and is signed by its issuer', () => {
    const { publicKey, privateKey } = newKey();
    const names = { dns: ['localhost', 'kubernetes.default'], ip: ['127.0.0.1', '10.0.0.1'] };
    const server = parse(certificate({ commonName: 'server', use: 'server', names, publicKey }, ca));
    expect(server.verify(caKey.publicKey)).toBe(true);
    expect(server.verify(newKey().publicKey)).toBe(false);
    expect(server.checkIssued(caCertificate)).toBe(true);
    expect(server.checkPrivateKey(privateKey)).toBe(true);
    expect(server.subjectAltName).toBe('DNS:localhost, DNS:kubernetes.default, IP Address:127.0.0.1, IP Address:10.0.0.1');
    expect(server.ca).toBe(false);
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  test('of a client carries user and group and is good for nothing else', () => {
    const { publicKey } = newKey();
    const client = parse(certificate({ commonName: 'admin', organization: 'system:masters', use: 'client', publicKey }, ca));
    expect(client.subject).toBe('O=system:masters\nCN=admin');
    expect(client.issuer).toBe('CN=some-ca');
    expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(client.subjectAltName).toBeUndefined();
  });

  test('of an authority is its own issuer', () => {
    expect(caCertificate.ca).toBe(true);
    expect(caCertificate.checkIssued(caCertificate)).toBe(true);
    expect(caCertificate.verify(caKey.publicKey)).toBe(true);
  });

  test('is valid now, also for a clock that is a little late, and for 30 days', () => {
    const [from, to] = [Date.parse(caCertificate.validFrom), Date.parse(caCertificate.validTo)];
    expect(from).toBeLessThan(Date.now() - 3_000_000);
    expect(to - Date.now()).toBeGreaterThan(29.9 * 86_400_000);
  });

  test('has a serial number of its own', () => {
    const serials = Array.from(
      { length: 20 },
      () => parse(certificate({ commonName: 'x', use: 'client', publicKey: caKey.publicKey }, ca)).serialNumber,
    );
    expect(new Set(serials).size).toBe(20);
  });
});
