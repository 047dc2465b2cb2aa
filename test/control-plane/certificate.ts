import { createHash, randomBytes, sign, type KeyObject } from 'node:crypto';
import forge from 'node-forge';

const { asn1, pki } = forge;
const { Class, Type } = asn1;

/** What a certificate says. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly organization?: string;
  readonly use: 'ca' | 'server' | 'client';
  /** DNS names and IPv4 addresses that a server answers to. */
  readonly names?: { readonly dns: readonly string[]; readonly ip: readonly string[] };
  readonly publicKey: KeyObject;
}

/** Who signs; for a self-signed certificate the subject itself. */
export interface CertificateIssuer {
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const DAYS = 30;

/**
 * An X.509 v3 certificate (RFC 5280) in PEM, signed with an EC key, valid for 30 days. node-forge's own certificates are RSA only,
 * and making RSA keys takes longer than everything else here; so only its DER encoder is used.
 */
export function certificate(subject: CertificateSubject, issuer: CertificateIssuer): string {
  const body = sequence([
    asn1.create(Class.CONTEXT_SPECIFIC, 0, true, [integer(2)]),
    primitive(Type.INTEGER, serialNumber()),
    algorithm(),
    name(issuer.commonName),
    validity(new Date()),
    name(subject.commonName, subject.organization),
    publicKeyInfo(subject.publicKey),
    asn1.create(Class.CONTEXT_SPECIFIC, 3, true, [sequence(extensions(subject, issuer))]),
  ]);
  const signature = sign('sha256', Buffer.from(der(body), 'binary'), issuer.privateKey);
  const whole = sequence([body, algorithm(), primitive(Type.BITSTRING, `\0${signature.toString('binary')}`)]);
  return forge.pem.encode({ type: 'CERTIFICATE', body: der(whole) }).replaceAll('\r\n', '\n');
}

function extensions(subject: CertificateSubject, issuer: CertificateIssuer): forge.asn1.Asn1[] {
  const authority = sequence([asn1.create(Class.CONTEXT_SPECIFIC, 0, false, keyIdentifier(issuer.publicKey))]);
  const common = [
    extension('subjectKeyIdentifier', false, primitive(Type.OCTETSTRING, keyIdentifier(subject.publicKey))),
    extension('authorityKeyIdentifier', false, authority),
  ];
  if (subject.use === 'ca') {
    // Key usage bits 5 and 6: may sign certificates and revocation lists.
    const mayBeIssuer = sequence([primitive(Type.BOOLEAN, '\u00ff')]);
    return [
      ...common,
      extension('basicConstraints', true, mayBeIssuer),
      extension('keyUsage', true, primitive(Type.BITSTRING, '\u0001\u0006')),
    ];
  }
  const purpose = sequence([primitive(Type.OID, oidBytes(pki.oids[subject.use === 'server' ? 'serverAuth' : 'clientAuth']))]);
  // Key usage bit 0: digital signature.
  const own = [extension('keyUsage', true, primitive(Type.BITSTRING, '\u0007\u0080')), extension('extKeyUsage', false, purpose)];
  return subject.names === undefined
    ? [...common, ...own]
    : [...common, ...own, extension('subjectAltName', false, alternativeNames(subject.names))];
}

function alternativeNames(names: NonNullable<CertificateSubject['names']>): forge.asn1.Asn1 {
  return sequence([
    ...names.dns.map((dns) => asn1.create(Class.CONTEXT_SPECIFIC, 2, false, dns)),
    ...names.ip.map((ip) => asn1.create(Class.CONTEXT_SPECIFIC, 7, false, String.fromCharCode(...ip.split('.').map(Number)))),
  ]);
}

function extension(id: string, critical: boolean, value: forge.asn1.Asn1): forge.asn1.Asn1 {
  const flag = critical ? [primitive(Type.BOOLEAN, '\u00ff')] : [];
  return sequence([primitive(Type.OID, oidBytes(pki.oids[id])), ...flag, primitive(Type.OCTETSTRING, der(value))]);
}

function name(commonName: string, organization?: string): forge.asn1.Asn1 {
  const attribute = (id: string, value: string): forge.asn1.Asn1 =>
    asn1.create(Class.UNIVERSAL, Type.SET, true, [sequence([primitive(Type.OID, oidBytes(pki.oids[id])), primitive(Type.UTF8, value)])]);
  return sequence([
    ...(organization === undefined ? [] : [attribute('organizationName', organization)]),
    attribute('commonName', commonName),
  ]);
}

// Begins an hour ago, for clocks that are late.
function validity(now: Date): forge.asn1.Asn1 {
  const time = (ms: number): forge.asn1.Asn1 => primitive(Type.UTCTIME, asn1.dateToUtcTime(new Date(ms)));
  return sequence([time(now.getTime() - 3_600_000), time(now.getTime() + DAYS * 86_400_000)]);
}

function publicKeyInfo(key: KeyObject): forge.asn1.Asn1 {
  return asn1.fromDer(key.export({ type: 'spki', format: 'der' }).toString('binary'));
}

function keyIdentifier(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20)
    .toString('binary');
}

// 16 random bytes, positive and without a leading zero byte.
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('binary');
}

function algorithm(): forge.asn1.Asn1 {
  return sequence([primitive(Type.OID, oidBytes(ECDSA_WITH_SHA256))]);
}

function oidBytes(oid: string | undefined): string {
  if (oid === undefined) throw new Error('node-forge does not know the object identifier asked for.');
  return asn1.oidToDer(oid).getBytes();
}

function integer(value: number): forge.asn1.Asn1 {
  return primitive(Type.INTEGER, asn1.integerToDer(value).getBytes());
}

function primitive(type: forge.asn1.Type, value: string): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, type, false, value);
}

function sequence(items: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, items);
}

function der(value: forge.asn1.Asn1): string {
  return asn1.toDer(value).getBytes();
}
