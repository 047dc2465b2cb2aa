import { generateKeyPair, type KeyObject } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { certificate, type CertificateIssuer, type CertificateSubject } from './certificate.ts';

/** A certificate and its key: as PEM, and as files. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Everything that proves an identity in one control plane. Made anew each time, never used again. */
export interface Pki {
  /** Signs the certificates of the server and of clients. */
  readonly ca: Credentials;
  readonly server: Credentials;
  /** `O=system:masters, CN=admin`: may do everything, past RBAC. */
  readonly admin: Credentials;
  /** `CN=system:kube-controller-manager`: may do what RBAC gives that user. */
  readonly controllerManager: Credentials;
  /** Signs for the API server when it forwards to aggregated ones; not a client of this one. */
  readonly frontProxyCa: Credentials;
  readonly frontProxy: Credentials;
  /** Signs ServiceAccount tokens. */
  readonly serviceAccountKeyFile: string;
  /** Verifies them. */
  readonly serviceAccountPublicKeyFile: string;
}

/** The first address of the service range, at which the API server's own Service is. */
const KUBERNETES_SERVICE_IP = '10.0.0.1';

const SERVER_NAMES = {
  dns: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'],
  ip: ['127.0.0.1', KUBERNETES_SERVICE_IP],
};

/** Makes all keys and certificates of a control plane, in memory and as files (mode 0600) in the folder. Keys are EC P-256. */
export async function makePki(folder: string): Promise<Pki> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ca = await selfSigned(folder, 'ca', 'janus-test-ca');
  const frontProxyCa = await selfSigned(folder, 'front-proxy-ca', 'janus-test-front-proxy-ca');
  const serviceAccountKeyFile = join(folder, 'service-account.key');
  const serviceAccountPublicKeyFile = join(folder, 'service-account.pub');
  const [server, admin, controllerManager, frontProxy] = await Promise.all([
    signed(folder, 'server', ca.issuer, { commonName: 'kube-apiserver', use: 'server', names: SERVER_NAMES }),
    signed(folder, 'admin', ca.issuer, { commonName: 'admin', organization: 'system:masters', use: 'client' }),
    signed(folder, 'controller-manager', ca.issuer, { commonName: 'system:kube-controller-manager', use: 'client' }),
    signed(folder, 'front-proxy', frontProxyCa.issuer, { commonName: 'front-proxy', use: 'client' }),
    newKey().then(({ privateKey, publicKey }) =>
      Promise.all([
        writeFile(serviceAccountKeyFile, pem(privateKey), { mode: 0o600 }),
        writeFile(serviceAccountPublicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o600 }),
      ]),
    ),
  ]);
  return {
    ca: ca.credentials,
    server,
    admin,
    controllerManager,
    frontProxyCa: frontProxyCa.credentials,
    frontProxy,
    serviceAccountKeyFile,
    serviceAccountPublicKeyFile,
  };
}

async function selfSigned(
  folder: string,
  file: string,
  commonName: string,
): Promise<{ issuer: CertificateIssuer; credentials: Credentials }> {
  const issuer = { commonName, ...(await newKey()) };
  const cert = certificate({ commonName, use: 'ca', publicKey: issuer.publicKey }, issuer);
  return { issuer, credentials: await store(folder, file, cert, issuer.privateKey) };
}

async function signed(
  folder: string,
  file: string,
  issuer: CertificateIssuer,
  subject: Omit<CertificateSubject, 'publicKey'>,
): Promise<Credentials> {
  const { publicKey, privateKey } = await newKey();
  return store(folder, file, certificate({ ...subject, publicKey }, issuer), privateKey);
}

async function store(folder: string, file: string, cert: string, privateKey: KeyObject): Promise<Credentials> {
  const key = pem(privateKey);
  const [certFile, keyFile] = [join(folder, `${file}.crt`), join(folder, `${file}.key`)];
  await Promise.all([writeFile(certFile, cert, { mode: 0o600 }), writeFile(keyFile, key, { mode: 0o600 })]);
  return { cert, key, certFile, keyFile };
}

function newKey(): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  return promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
}

// Go reads EC private keys in either form; PKCS #8 is what every other reader knows too.
function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
