import type { Endpoint } from '../admission/webhook-configuration.ts';
import type { OperatorOptions } from './options.ts';

/** Where API servers are told to reach our webhook, and the names for which its certificate must be good, the one they use first. */
export interface Address {
  readonly endpoint: Endpoint;
  /** For people. */
  readonly words: string;
}

type Addressed = Pick<OperatorOptions, 'webhookUrlHost' | 'webhookUrlPort' | 'webhookService' | 'systemNamespace'>;

/** Port of the Service. */
const SERVICE_PORT = 443;

/** The address of a webhook that listens on `port`: a URL where a host was given, else the Service of its namespace. */
export function addressOf(
  { webhookUrlHost: host, webhookUrlPort, webhookService: name, systemNamespace: namespace }: Addressed,
  port: number,
): Address {
  if (host === undefined) return { endpoint: { service: { namespace, name, port: SERVICE_PORT } }, words: `Service ${namespace}/${name}` };
  const url = `https://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${String(webhookUrlPort ?? port)}`;
  return { endpoint: { url }, words: url };
}

/** The names and addresses for which the certificate must be good: the first one is how API servers call us. */
export function hostsOf({ webhookUrlHost, webhookService, systemNamespace }: Addressed): readonly [string, ...string[]] {
  const local = ['localhost', '127.0.0.1'];
  if (webhookUrlHost !== undefined) return [webhookUrlHost, ...local.filter((name) => name !== webhookUrlHost)];
  const service = `${webhookService}.${systemNamespace}.svc`;
  return [service, `${service}.cluster.local`, `${webhookService}.${systemNamespace}`, webhookService, ...local];
}
