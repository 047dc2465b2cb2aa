import type { CertificateSource } from '../admission/certificate-source.ts';
import { checkHandshake } from '../admission/readiness.ts';
import type { WebhookServer } from '../admission/server.ts';
import type { Reach } from '../admission/webhook-configuration.ts';
import type { Progress } from '../lock/record.ts';
import { startCertificates } from './certificates.ts';
import { certificateHealth } from './certificate-health.ts';
import type { Connections } from './connections.ts';
import { addressOf, hostsOf } from './endpoint.ts';
import { startEnforcement, type RunningEnforcement } from './enforcement.ts';
import type { GrantKeys } from './grant-keys.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';
import { configurations } from './registering.ts';
import { trustKeeper } from './trust.ts';
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
  /** Where API servers find it, in words. */
  readonly address: string;
  readonly webhooks: WebhookServer;
  readonly certificates: CertificateSource;
  readonly enforcement: RunningEnforcement;
  readonly reach: ReachSource;
  /** Writes the webhook configurations as they should be, where they are not. */
  register(): Promise<void>;
  /** @returns what is worth knowing, if anything; @throws Error in words when the port does not answer as an API server needs it, or soon will no longer */
  ready(): Promise<string | undefined>;
  /** Answers on, and lets everybody know that it is time to turn to another replica. */
  drain(): void;
  /** Renews certificates and keeps configurations no more. */
  stop(): Promise<void>;
}

/** Starts to answer reviews and registers with the API server. Does not wait until that asks us. */
export async function startServing(parts: ServingParts): Promise<Serving> {
  const { connections, keys, options, metrics, log, progress, now } = parts;
  const { systemNamespace } = options;
  const { client } = connections.webhooks;
  const hosts = hostsOf(options);
  const health = certificateHealth({ client: connections.executor.client, systemNamespace, metrics, log, now });
  let listener: (() => Promise<void>) | undefined;
  const trust = trustKeeper({
    client,
    systemNamespace,
    now,
    log,
    write: async (authorities) => {
      await enforcement.keeper.publish(wanted(authorities));
      await listener?.();
    },
  });
  const certificates = await startCertificates({
    options,
    client: connections.executor.client,
    hosts,
    publish: (authorities) => trust.publish(authorities),
    onTrouble: (words) => health.trouble(words),
    now,
  });
  health.watch(certificates);
  const webhooks = await startWebhooks({ client, keys, certificates, options, metrics, log, progress, now });
  const address = addressOf(options, webhooks.port);
  const reachBy = (authorities: string | undefined): Reach => ({
    endpoint: address.endpoint,
    ...(authorities === undefined ? {} : { authorities }),
  });
  const wanted = (authorities: string | undefined): ReturnType<typeof configurations> =>
    configurations(reachBy(authorities), systemNamespace);
  const enforcement = await startEnforcement(
    { connection: connections.webhooks, systemNamespace, metrics, log },
    wanted(await trust.begin(await certificates.authorities())),
  );
  let draining = false;
  return {
    address: address.words,
    webhooks,
    certificates,
    enforcement,
    reach: {
      current: () => reachBy(trust.current() ?? enforcement.keeper.injectedAuthorities()),
      tell: (heard) => void (listener = heard),
    },
    // As all replicas have them now: what another one is about to show must not lose its trust by our looking a moment ago.
    register: async () => trust.write(await certificates.authorities()),
    async ready() {
      if (draining) throw new Error('this replica is about to stop');
      await checkHandshake({ port: webhooks.port, servername: hosts[0], bundle: certificates.current(), now: now() });
      return health.words();
    },
    drain() {
      draining = true;
      webhooks.drain();
    },
    stop: async () => {
      certificates.stop();
      trust.stop();
      await health.stop();
      await enforcement.stop();
    },
  };
}
