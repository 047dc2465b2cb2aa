import { impersonationByRbac, unlockByRbac } from '../admission/access.ts';
import type { CertificateSource } from '../admission/certificate-source.ts';
import { validateContainers } from '../admission/containers.ts';
import { validateGuards } from '../admission/guard/handler.ts';
import { validateLocks } from '../admission/locks.ts';
import { openRecords } from '../admission/open-records.ts';
import { validateOwnSecrets } from '../admission/own-secrets.ts';
import { recordLookup } from '../admission/record-lookup.ts';
import { mutateResources, transactionReader, validateResources } from '../admission/resources.ts';
import { startWebhookServer, type WebhookServer } from '../admission/server.ts';
import { COLLECTORS } from '../admission/validate-resource-change.ts';
import { PATHS } from '../admission/webhook-configuration.ts';
import { validateResourceChange } from '../api/resource-change-validation.ts';
import { validateTransaction } from '../api/transaction-validation.ts';
import type { KubeClient } from '../kube/client.ts';
import { CLUSTER_CONTROLLERS } from '../lock/controllers.ts';
import type { Progress } from '../lock/record.ts';
import { lockBreaker } from './lock-breaker.ts';
import { recordReader } from './record-reader.ts';
import type { GrantKeys } from './grant-keys.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';
import { ownUsername } from './rbac.ts';

/** What the webhooks are made of. */
export interface WebhookParts {
  readonly client: KubeClient;
  readonly keys: GrantKeys;
  readonly certificates: CertificateSource;
  readonly options: OperatorOptions;
  readonly metrics: Metrics;
  readonly log: Log;
  /** How far a transaction is, where this process carries it out. */
  readonly progress: (uid: string) => Progress | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Starts the webhook server with every handler of ours. Answers whether or not this process leads. */
export async function startWebhooks({
  client,
  keys,
  certificates,
  options,
  metrics,
  log,
  progress,
  now,
}: WebhookParts): Promise<WebhookServer> {
  const { systemNamespace } = options;
  const mayImpersonate = impersonationByRbac(client);
  const records = { client, namespace: systemNamespace, parse: recordReader(), progress };
  const lookup = recordLookup(records);
  const guard = { verifier: () => keys.verifier(), controllers: CLUSTER_CONTROLLERS, now: () => new Date(now()) };
  const server = await startWebhookServer({
    handlers: {
      [PATHS.locks]: validateLocks({
        ...guard,
        lookup,
        mayUnlock: unlockByRbac(client),
        breaking: lockBreaker({ client, systemNamespace, metrics, log, now }),
      }),
      [PATHS.guards]: validateGuards({ ...guard, lookup }),
      [PATHS.containers]: validateContainers({ ...guard, open: openRecords(records), systemNamespace }),
      [PATHS.ownSecrets]: validateOwnSecrets({ ownUsername: ownUsername(systemNamespace), parse: records.parse, lookup }),
      [PATHS.mutate]: mutateResources(),
      [PATHS.validate]: validateResources({
        transactions: { faults: validateTransaction, mayImpersonate, ownUsername: ownUsername(systemNamespace) },
        resourceChanges: {
          faults: (object, old, transaction) => validateResourceChange(object, old, transaction, { systemNamespace }),
          readTransaction: transactionReader(client),
          mayImpersonate,
          collectors: new Set(COLLECTORS),
        },
      }),
    },
    certificate: certificates.current().serving,
    port: options.webhookPort,
    observer: {
      reviewed: ({ path, rule, allowed, milliseconds }) => {
        metrics.count('janus_webhook_decisions_total', { path, rule, allowed: String(allowed) });
        metrics.observe('janus_webhook_duration_seconds', { path }, milliseconds / 1000);
      },
      faulted: (path, uid, error) => log.error({ path, review: uid, error }, 'a review could not be decided and was denied'),
    },
  });
  certificates.onChange((bundle) => server.setCertificate(bundle.serving));
  return server;
}
