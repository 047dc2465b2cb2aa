import type { Authority } from '../../src/admission/certificates.ts';
import { createAuthority, createServingCertificate } from '../../src/admission/certificates.ts';
import type { CertificateBundle } from '../../src/admission/certificate-source.ts';
import type { ServerOptions, WebhookServer } from '../../src/admission/server.ts';
import { startWebhookServer } from '../../src/admission/server.ts';

export interface Signed extends CertificateBundle {
  readonly authorities: string;
  readonly authority: Authority;
}

/** A certificate for this machine, and who signed it. */
export async function selfSigned(hosts: readonly string[] = ['127.0.0.1', 'localhost'], now = Date.now()): Promise<Signed> {
  const authority = await createAuthority(now);
  return { authority, authorities: authority.certificate, serving: await createServingCertificate(authority, hosts, now) };
}

/** A server on a free port of this machine. */
export async function serve(
  bundle: CertificateBundle,
  options: Omit<ServerOptions, 'certificate' | 'port'> & { readonly port?: number },
): Promise<WebhookServer> {
  return startWebhookServer({ host: '127.0.0.1', port: 0, certificate: bundle.serving, ...options });
}
