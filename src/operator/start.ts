import { X509Certificate } from 'node:crypto';
import type { CertificateSource } from '../admission/certificate-source.ts';
import { checkHandshake } from '../admission/readiness.ts';
import { selfSignedCertificates } from '../admission/self-signed.ts';
import { COLLECTORS } from '../admission/validate-resource-change.ts';
import { mutatingConfiguration, validatingConfiguration } from '../admission/webhook-configuration.ts';
import { register, unregister } from '../admission/registration.ts';
import { probeLocks } from '../admission/probe.ts';
import type { WebhookServer } from '../admission/server.ts';
import type { KubeClient } from '../kube/client.ts';
import { loadClusterConfig } from '../kube/config.ts';
import { createRestClient } from '../kube/rest-client.ts';
import { createTransport, type Transport } from '../kube/transport.ts';
import type { Progress } from '../lock/record.ts';
import { installForDev } from './dev-installation.ts';
import { startExecutor, type RunningExecutor } from './executor.ts';
import { grantKeys } from './grant-keys.ts';
import { checks, servePages } from './http.ts';
import { ownTransport, type Interception } from './identity.ts';
import type { Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';
import { ownUsername } from './rbac.ts';
import { startWebhooks } from './webhooks.ts';
import { tuningFrom } from './tuning.ts';

/** A running operator. */
export interface Running {
  /** The one line that says it is ready. */
  readonly words: string;
  /** Ends everything; the line says what was left behind, and why. */
  shutDown(): Promise<string>;
  /** Closes ports and connections and leaves everything else as it is, as a crash would. */
  abandon(): Promise<void>;
}

/** What a process, or a test, gives to an operator. */
export interface Surroundings {
  readonly log: Log;
  /** Ends the wait for readiness. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs around every request that Janus sends under its own identity, so that tests can inject faults. */
  readonly faults?: Interception;
}

/**
 * Starts webhooks and executor, in --dev with everything a cluster needs installed first.
 * @throws Error for people when it cannot start
 */
export async function startOperator(options: OperatorOptions, { log, signal, env, faults = {} }: Surroundings): Promise<Running> {
  const tuning = tuningFrom(env);
  const metrics = createMetrics();
  const { systemNamespace } = options;
  const config = await loadClusterConfig({
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.context === undefined ? {} : { context: options.context }),
  });
  const installer = createTransport(config);
  const admin = createRestClient(installer);
  if (!options.dev)
    throw new Error('janus operator runs outside a cluster, with --dev, only: the installation into a cluster is not part of this version');
  await installForDev(admin, systemNamespace, signal);
  const transport = ownTransport(config, admin, systemNamespace, metrics, faults);
  const client = createRestClient(transport);
  // Connections of its own: every write to a locked object waits for the webhook, and must not wait for itself.
  const webhookTransport = ownTransport(config, admin, systemNamespace, metrics);
  const keys = await grantKeys(client, systemNamespace, tuning.grantLifeSeconds, (error) =>
    log.error({ error }, 'the keys of grants could not be read'),
  );
  const host = options.webhookUrlHost ?? '127.0.0.1';
  let endpoint = '';
  const publish = async (authorities: string): Promise<void> => registerAll(admin, endpoint, authorities, systemNamespace);
  const certificates = await selfSignedCertificates({
    hosts: [host, 'localhost', '127.0.0.1'].filter((name, at, all) => all.indexOf(name) === at),
    publish,
    onProblem: (words) => log.error(words),
  });
  // The webhooks answer before the executor runs: locks may be left from an earlier process.
  const running: { executor?: RunningExecutor } = {};
  const progress = (uid: string): Progress | undefined => running.executor?.progress(uid);
  const webhooks = await startWebhooks({ client: createRestClient(webhookTransport), keys, certificates, options, metrics, log, progress });
  endpoint = `https://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${String(webhooks.port)}`;
  await publish(certificates.current().authorities ?? '');
  await probeLocks(admin, systemNamespace, { signal });
  const executor = await startExecutor({ client, transport, keys, tuning, systemNamespace, metrics, log });
  running.executor = executor;
  metrics.measure('janus_certificate_days_left', () => [{ labels: {}, value: daysLeft(certificates) }]);
  const ready = (): Promise<void> => checkHandshake({ port: webhooks.port, servername: host, bundle: certificates.current() });
  const pages = await startPages(options, metrics, ready, () => executor.healthy());
  const words =
    `Janus is ready: webhooks at ${endpoint}, health http://127.0.0.1:${String(pages.health)}/readyz, ` +
    `metrics http://127.0.0.1:${String(pages.metrics)}/metrics, namespace ${systemNamespace}, ${config.description}`;
  const parts = {
    webhooks,
    executor,
    pages,
    certificates,
    keys,
    admin,
    transports: [transport, webhookTransport, installer],
    graceMs: tuning.graceMs,
  };
  return { words, shutDown: () => shutDown(parts), abandon: () => abandon(parts) };
}

async function registerAll(admin: KubeClient, url: string, authorities: string, systemNamespace: string): Promise<void> {
  const options = { endpoint: { url }, authorities, ownUsername: ownUsername(systemNamespace), collectors: COLLECTORS };
  await register(admin, validatingConfiguration(options));
  await register(admin, mutatingConfiguration(options));
}

interface Parts {
  readonly webhooks: WebhookServer;
  readonly executor: Awaited<ReturnType<typeof startExecutor>>;
  readonly pages: Awaited<ReturnType<typeof startPages>>;
  readonly certificates: CertificateSource;
  readonly keys: { stop(): void };
  readonly admin: KubeClient;
  readonly transports: readonly Transport[];
  readonly graceMs: number;
}

/** First no new work, then what is running ends or is left safely; the webhooks go last, and only if nothing is locked. */
async function shutDown(parts: Parts): Promise<string> {
  const open = await parts.executor.stop(parts.graceMs);
  let words = 'Janus has stopped.';
  if (open.length === 0) await unregister(parts.admin);
  else {
    words =
      `Janus has stopped, and left its webhooks registered since ${open.length === 1 ? 'a transaction is' : `${String(open.length)} transactions are`} open ` +
      `(${open.join(', ')}): what they lock stays locked. Run "janus operator --dev" again to go on with them.`;
  }
  await parts.webhooks.close(5_000);
  await parts.pages.close();
  parts.certificates.stop();
  parts.keys.stop();
  await Promise.all(parts.transports.map((transport) => transport.close()));
  return words;
}

async function abandon({ webhooks, executor, pages, certificates, keys, transports }: Parts): Promise<void> {
  executor.abandon();
  certificates.stop();
  keys.stop();
  await Promise.all([webhooks.close(0), pages.close()]);
  await Promise.all(transports.map((transport) => transport.destroy()));
}

async function startPages(
  options: OperatorOptions,
  metrics: Metrics,
  ready: () => Promise<void>,
  healthy: () => void,
): Promise<{ readonly health: number; readonly metrics: number; close(): Promise<void> }> {
  const health = await servePages(options.healthPort, {
    '/healthz': () => checks({ ping: () => undefined }),
    '/readyz': () => checks({ webhook: ready, watch: healthy }),
  });
  const scrape = await servePages(options.metricsPort, {
    '/metrics': async () => ({ status: 200, type: metrics.contentType, body: await metrics.text() }),
  });
  return { health: health.port, metrics: scrape.port, close: async () => void (await Promise.all([health.close(), scrape.close()])) };
}

function daysLeft(certificates: CertificateSource): number {
  const { validTo } = new X509Certificate(certificates.current().serving.certificate);
  return (Date.parse(validTo) - Date.now()) / 86_400_000;
}
