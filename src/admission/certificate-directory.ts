import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { CertificateBundle, CertificateSource } from './certificate-source.ts';

export interface CertificateDirectoryOptions {
  /** Holds `tls.crt`, `tls.key` and, if there is one, `ca.crt`, as a mounted Secret of type kubernetes.io/tls does. */
  readonly directory: string;
  /** Told in words at each look at which the files cannot be used; the certificate that is served stays. */
  readonly onProblem: (message: string) => void;
  /** Told at each look at which they can. */
  readonly onGood?: () => void;
  /** Runs before changed files are taken. Where it rejects the present ones stay, and it is tried again at the next look. */
  readonly prepare?: (bundle: CertificateBundle) => Promise<void>;
  /** The name by which API servers call us: what is not for it is of no use. */
  readonly servername?: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds between looks. Looking rather than watching: a mounted Secret changes by swapping symbolic links. */
  readonly intervalMs?: number;
}

/** Certificates from a directory, read again whenever its files change. Throws when the first look finds no usable pair. */
export async function certificateDirectory(options: CertificateDirectoryOptions): Promise<CertificateSource> {
  const { directory, intervalMs = 10_000, now = Date.now } = options;
  let current = await readBundle(directory);
  checkUsable(directory, current, options.servername, now());
  const listeners: ((bundle: CertificateBundle) => void)[] = [];

  const look = async (): Promise<void> => {
    try {
      const found = await readBundle(directory);
      if (!sameBundle(found, current)) {
        checkUsable(directory, found, options.servername, now());
        await options.prepare?.(found);
        for (const listener of listeners) listener(found);
        current = found;
      }
      options.onGood?.();
    } catch (error) {
      options.onProblem(error instanceof Error ? error.message : String(error));
    }
  };

  // One look at a time, however slow the disk.
  let timer: NodeJS.Timeout;
  let stopped = false;
  const plan = (): void => {
    timer = setTimeout(() => void look().then(() => (stopped ? undefined : plan())), intervalMs).unref();
  };
  plan();
  return {
    current: () => current,
    onChange: (listener) => void listeners.push(listener),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function readBundle(directory: string): Promise<CertificateBundle> {
  const [certificate, privateKey, authorities] = await Promise.all([
    readPart(directory, 'tls.crt'),
    readPart(directory, 'tls.key'),
    readPart(directory, 'ca.crt').catch(() => undefined),
  ]);
  checkPair(directory, certificate, privateKey);
  return { serving: { certificate, privateKey }, ...(authorities === undefined ? {} : { authorities }) };
}

async function readPart(directory: string, name: string): Promise<string> {
  try {
    return await readFile(join(directory, name), 'utf8');
  } catch (error) {
    throw new Error(
      `${join(directory, name)} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'}): is the Secret of the webhook's certificate mounted?`,
      { cause: error },
    );
  }
}

// A look in the middle of a swap may see the old half of one pair and the new half of another; the next look sees both.
function checkPair(directory: string, certificate: string, privateKey: string): void {
  let fits: boolean;
  try {
    fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    throw new Error(`tls.crt and tls.key in ${directory} are not a PEM certificate and its private key.`);
  }
  if (!fits) throw new Error(`tls.key in ${directory} is not the private key of tls.crt.`);
}

/** What API servers would refuse is not taken in the place of what they accept. */
function checkUsable(directory: string, { serving, authorities }: CertificateBundle, servername: string | undefined, now: number): void {
  const leaf = new X509Certificate(serving.certificate);
  if (now >= Date.parse(leaf.validTo)) throw new Error(`tls.crt in ${directory} has expired on ${leaf.validTo}.`);
  if (now < Date.parse(leaf.validFrom)) throw new Error(`tls.crt in ${directory} is not valid before ${leaf.validFrom}.`);
  if (servername !== undefined && isIP(servername) === 0 && leaf.checkHost(servername) === undefined)
    throw new Error(`tls.crt in ${directory} is for ${leaf.subjectAltName ?? 'no host'}, and API servers call ${servername}.`);
  if (authorities !== undefined && !/-----BEGIN CERTIFICATE-----/.test(authorities))
    throw new Error(`ca.crt in ${directory} holds no certificate.`);
}

function sameBundle(a: CertificateBundle, b: CertificateBundle): boolean {
  return (
    a.serving.certificate === b.serving.certificate && a.serving.privateKey === b.serving.privateKey && a.authorities === b.authorities
  );
}
