import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import { connect } from 'node:tls';
import type { CertificateBundle } from './certificate-source.ts';

export interface HandshakeOptions {
  readonly port: number;
  /** Address to dial; this machine by default. */
  readonly host?: string;
  /** The name by which API servers call us, one of the certificate's. */
  readonly servername: string;
  readonly bundle: CertificateBundle;
  readonly timeoutMs?: number;
  /** Milliseconds since 1970, as the API server has it. */
  readonly now: number;
}

/**
 * Dials our own port as an API server would and completes a TLS handshake. Throws an error that says what is wrong: nobody
 * listens, another certificate is shown, it has expired, or it is not for our name.
 */
export function checkHandshake(options: HandshakeOptions): Promise<void> {
  const { port, host = '127.0.0.1', servername, bundle, timeoutMs = 2_000, now } = options;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(servername) === 0
        ? { servername }
        : { checkServerIdentity: (_host: string, peer: PeerCertificate) => checkAddress(servername, peer) }),
      ...(bundle.authorities === undefined ? { rejectUnauthorized: false } : { ca: bundle.authorities }),
    });
    const finish = (error?: Error): void => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(new Error(`The webhook's own port ${port} is not ready: ${error.message}`, { cause: error }));
    };
    socket.setTimeout(timeoutMs, () => finish(new Error(`no handshake within ${timeoutMs} ms`)));
    socket.once('error', finish);
    socket.once('secureConnect', () => finish(checkShown(socket.getPeerX509Certificate(), bundle, now)));
  });
}

function checkAddress(address: string, peer: PeerCertificate): Error | undefined {
  return new X509Certificate(peer.raw).checkIP(address) === undefined ? new Error(`the certificate is not for ${address}`) : undefined;
}

// Without a known authority, at least it must be the very certificate we have.
function checkShown(shown: X509Certificate | undefined, bundle: CertificateBundle, now: number): Error | undefined {
  const expected = new X509Certificate(bundle.serving.certificate);
  if (shown?.fingerprint256 !== expected.fingerprint256) return new Error('another certificate is shown than the one that was loaded');
  return Date.parse(expected.validTo) < now ? new Error(`the certificate expired at ${expected.validTo}`) : undefined;
}
