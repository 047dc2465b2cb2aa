import { authoritiesInSecret } from '../admission/authority-store.ts';
import { daysLeft } from '../admission/certificates.ts';
import { checkHandshake } from '../admission/readiness.ts';
import { selfSignedCertificates } from '../admission/self-signed.ts';
import type { WebhookServer } from '../admission/server.ts';
import type { Reach, WebhookConfiguration } from '../admission/webhook-configuration.ts';
import type { Progress } from '../lock/record.ts';
import type { Connections } from './connections.ts';
import { startEnforcement, type RunningEnforcement } from './enforcement.ts';
import type { GrantKeys } from './grant-keys.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';
import { configurations } from './registering.ts';
import { startWebhooks } from './webhooks.ts';

export interface ServingParts {
  readonly connections: Connections;
  readonly keys: GrantKeys;
  readonly options: OperatorOptions;
  readonly metrics: Metrics;
  readonly log: Log;
  /** How far a transaction is, as far as this process knows. */
  readonly progress: (uid: string) => Progress | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How API servers reach this process, and who hears when the configurations are written that tell them so. */
export interface ReachSource {
  current(): Reach;
  /** Whoever has one to write as well; undefined for nobody. */
  tell(listener: (() => Promise<void>) | undefined): void;
}

/** The webhooks of this process, with their certificates. */
export interface Serving {
  /** `https://host:port`, as API servers know it. */
  readonly endpoint: string;
  readonly webhooks: WebhookServer;
  readonly enforcement: RunningEnforcement;
  readonly reach: ReachSource;
  /** Writes the webhook configurations as they should be, where they are not. */
  register(): Promise<void>;
  /** @throws Error in words when the port does not answer as an API server needs it, or soon will no longer */
  ready(): Promise<void>;
  /** Answers on, and lets everybody know that it is time to turn to another replica. */
  drain(): void;
  /** Renews certificates and keeps configurations no more. */
  stop(): Promise<void>;
}

/** Starts to answer reviews and registers with the API server. Does not wait until that asks us. */
export async function startServing(parts: ServingParts): Promise<Serving> {
  const { connections, keys, options, metrics, log, progress, now } = parts;
  const host = options.webhookUrlHost ?? '127.0.0.1';
  let endpoint = '';
  const wanted = (authorities: string): readonly WebhookConfiguration[] => configurations(endpoint, authorities, options.systemNamespace);
  let trusted: string | undefined;
  let listener: (() => Promise<void>) | undefined;
  const publish = async (authorities: string): Promise<void> => {
    trusted = authorities;
    await enforcement.keeper.publish(wanted(authorities));
    await listener?.();
  };
  const store = authoritiesInSecret(connections.executor.client, options.systemNamespace);
  const certificates = await selfSignedCertificates({
    hosts: [host, 'localhost', '127.0.0.1'].filter((name, at, all) => all.indexOf(name) === at),
    publish,
    store,
    now,
    onProblem: (words) => log.error(words),
  });
  const webhooks = await startWebhooks({ client: connections.webhooks.client, keys, certificates, options, metrics, log, progress, now });
  endpoint = urlOf(host, options.webhookUrlPort ?? webhooks.port);
  const authorities = (): string => certificates.current().authorities ?? '';
  const enforcement = await startEnforcement(
    { connection: connections.webhooks, systemNamespace: options.systemNamespace, metrics, log },
    wanted(authorities()),
  );
  let draining = false;
  metrics.measure('janus_certificate_days_left', () => [
    { labels: {}, value: daysLeft(certificates.current().serving.certificate, now()) },
  ]);
  return {
    endpoint,
    webhooks,
    enforcement,
    reach: {
      current: () => ({ endpoint: { url: endpoint }, authorities: trusted ?? authorities() }),
      tell: (heard) => void (listener = heard),
    },
    // As all replicas have them now: what another one is about to show must not lose its trust by our looking a moment ago.
    register: async () => publish(await certificates.authorities()),
    async ready() {
      if (draining) throw new Error('this replica is about to stop');
      await checkHandshake({ port: webhooks.port, servername: host, bundle: certificates.current() });
    },
    drain() {
      draining = true;
      webhooks.drain();
    },
    stop: async () => {
      certificates.stop();
      await enforcement.stop();
    },
  };
}

function urlOf(host: string, port: number): string {
  return `https://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${String(port)}`;
}
