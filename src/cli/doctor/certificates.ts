import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import type { WebhookConfiguration } from '../../admission/webhook-configuration.ts';
import { entriesOf } from './entries.ts';
import { failure, ok, warning, type Finding } from './finding.ts';

/** Days before its end from which on a certificate is worth a warning: it should have been renewed by then. */
const SOON_DAYS = 3;
const DAY_MS = 86_400_000;
const PATIENCE_MS = 3_000;
const RENEW = 'Restart Janus, or look at what renews it; the log of Janus says why a renewal failed.';

/** The authorities that API servers trust for our webhooks. */
export function bundleFindings(configurations: readonly (WebhookConfiguration | undefined)[], now: number): readonly Finding[] {
  const check = 'CA bundle';
  const bundles = new Set(configurations.flatMap((one) => entriesOf(one)).map(({ clientConfig }) => clientConfig.caBundle ?? ''));
  if (bundles.size === 0) return [];
  if (bundles.has(''))
    return [
      failure(
        check,
        'is missing from some webhooks, so the API server trusts no certificate there',
        'Whatever injects it (cert-manager, or Janus itself) has not done so: look at its log.',
      ),
    ];
  if (bundles.size > 1)
    return [warning(check, 'is not the same in all webhooks: it is being changed, or somebody has edited it', 'Look again in a minute.')];
  const [bundle = ''] = bundles;
  return [authoritiesFinding(check, Buffer.from(bundle, 'base64').toString('utf8'), now)];
}

function authoritiesFinding(check: string, pem: string, now: number): Finding {
  const certificates = (pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []).flatMap((one) => {
    try {
      return [new X509Certificate(one)];
    } catch {
      return [];
    }
  });
  const last = Math.max(...certificates.map(({ validTo }) => Date.parse(validTo)));
  if (certificates.length === 0) return failure(check, 'holds no certificate', RENEW);
  return lifetimeFinding(check, `${String(certificates.length)} authorities`, last, now);
}

/** How long something is valid yet. */
export function lifetimeFinding(check: string, what: string, until: number, now: number): Finding {
  const days = Math.floor((until - now) / DAY_MS);
  if (until <= now) return failure(check, `${what}, expired at ${new Date(until).toISOString()}`, RENEW);
  const words = `${what}, valid for ${String(days)} days more`;
  return days < SOON_DAYS ? warning(check, words, RENEW) : ok(check, words);
}

/** The certificate that the webhook shows, where its address can be reached from here; through a Service, only the API server sees it. */
export async function servedFindings(configuration: WebhookConfiguration | undefined, now: number): Promise<readonly Finding[]> {
  const check = 'certificate';
  const { url, caBundle = '' } = entriesOf(configuration)[0]?.clientConfig ?? {};
  if (configuration === undefined) return [];
  if (url === undefined) return [ok(check, 'is shown to the API server through a Service: the dry run tells whether it is trusted')];
  const { hostname, port } = new URL(url);
  const shown = await handshake(hostname, Number(port === '' ? 443 : port), Buffer.from(caBundle, 'base64').toString('utf8'));
  if (typeof shown === 'string')
    return [warning(check, `could not be looked at from here: ${shown}`, 'The API server may reach it all the same: the dry run tells.')];
  if (shown.fault !== undefined)
    return [failure(check, `at ${hostname}:${port} is not what the CA bundle vouches for: ${shown.fault}`, RENEW)];
  return [lifetimeFinding(check, `at ${hostname}:${port} is vouched for by the CA bundle`, shown.until, now)];
}

function handshake(host: string, port: number, ca: string): Promise<string | { readonly fault?: string; readonly until: number }> {
  return new Promise((resolve) => {
    // Looked at, not trusted: what is wrong with it is to be said.
    const socket = connect({ host, port, ca, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
    const end = (answer: Parameters<typeof resolve>[0]): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PATIENCE_MS, () => end(`no handshake within ${String(PATIENCE_MS)} ms`));
    socket.once('error', (error: Error) => end(error.message));
    socket.once('secureConnect', () => {
      const until = Date.parse(socket.getPeerX509Certificate()?.validTo ?? '');
      end(socket.authorized ? { until } : { until, fault: String(socket.authorizationError) });
    });
  });
}
