import type { ControlPlane } from '../control-plane/start.ts';
import { startControlPlane } from '../control-plane/start.ts';
import { impersonationByRbac, unlockByRbac } from '../../src/admission/access.ts';
import { validateContainers } from '../../src/admission/containers.ts';
import type { Handler, Reviewed } from '../../src/admission/handle.ts';
import { validateLocks } from '../../src/admission/locks.ts';
import { openRecords } from '../../src/admission/open-records.ts';
import { validateOwnSecrets } from '../../src/admission/own-secrets.ts';
import { probeLocks } from '../../src/admission/probe.ts';
import { recordLookup } from '../../src/admission/record-lookup.ts';
import { register } from '../../src/admission/registration.ts';
import { mutateResources, transactionReader, validateResources } from '../../src/admission/resources.ts';
import type { WebhookServer } from '../../src/admission/server.ts';
import { COLLECTORS } from '../../src/admission/validate-resource-change.ts';
import type { ConfigurationOptions } from '../../src/admission/webhook-configuration.ts';
import { mutatingConfiguration, PATHS, validatingConfiguration } from '../../src/admission/webhook-configuration.ts';
import { customResourceDefinition } from '../../src/api/crd.ts';
import { RESOURCE_CHANGE } from '../../src/api/resource-change.ts';
import { validateResourceChange } from '../../src/api/resource-change-validation.ts';
import { TRANSACTION } from '../../src/api/transaction.ts';
import { validateTransaction } from '../../src/api/transaction-validation.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/config.ts';
import { isApiError, isTransient } from '../../src/kube/errors.ts';
import type { ResourceKind } from '../../src/kube/object.ts';
import { createRestClient } from '../../src/kube/rest-client.ts';
import type { Transport } from '../../src/kube/transport.ts';
import { createTransport } from '../../src/kube/transport.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES } from '../../src/kube/well-known.ts';
import { CLUSTER_CONTROLLERS } from '../../src/lock/controllers.ts';
import { grantVerifier } from '../../src/lock/grant-verifier.ts';
import { generateKeyRing } from '../../src/lock/keys.ts';
import { RESOURCE_CHANGES, TRANSACTIONS } from '../../src/transaction/kinds.ts';
import type { Signed } from './serving.ts';
import { selfSigned, serve } from './serving.ts';

export const SYSTEM_NAMESPACE = 'janus-system';
export const OWN_USERNAME = `system:serviceaccount:${SYSTEM_NAMESPACE}:janus`;

/** A real API server that asks a real webhook server. */
export interface Installed {
  readonly controlPlane: ControlPlane;
  /** Speaks as the cluster's administrator. */
  readonly admin: KubeClient;
  readonly server: WebhookServer;
  readonly bundle: Signed;
  readonly options: ConfigurationOptions;
  /** Every review that was answered. */
  readonly reviewed: Reviewed[];
  readonly faults: unknown[];
  stop(): Promise<void>;
}

/** Starts an API server and a webhook server, installs the resources and registers the webhooks by URL. */
export async function install(): Promise<Installed> {
  const [controlPlane, bundle] = await Promise.all([startControlPlane(), selfSigned(['127.0.0.1'])]);
  const transport = createTransport(await loadClusterConfig({ kubeconfig: controlPlane.kubeconfig }));
  const admin = createRestClient(transport);
  const reviewed: Reviewed[] = [];
  const faults: unknown[] = [];
  const server = await serve(bundle, {
    handlers: handlers(admin),
    observer: { reviewed: (event) => reviewed.push(event), faulted: (_path, _uid, error) => faults.push(error) },
  });
  const options = {
    endpoint: { url: `https://127.0.0.1:${server.port}` },
    authorities: bundle.authorities,
    ownUsername: OWN_USERNAME,
    systemNamespace: SYSTEM_NAMESPACE,
    collectors: COLLECTORS,
  };
  await prepare(admin);
  await register(admin, validatingConfiguration(options));
  await register(admin, mutatingConfiguration(options));
  await probeLocks(admin, SYSTEM_NAMESPACE);
  return { controlPlane, admin, server, bundle, options, reviewed, faults, stop: () => stop(controlPlane, transport, server) };
}

/** Creates an object in one call. */
export async function create(
  client: KubeClient,
  kind: ResourceKind,
  object: Record<string, unknown> & { metadata: { name: string; namespace?: string } },
): Promise<void> {
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  const { name, namespace } = object.metadata;
  await client.create({ kind, name, ...(namespace === undefined ? {} : { namespace }) }, { apiVersion, kind: kind.kind, ...object });
}

function handlers(client: KubeClient): Record<string, Handler> {
  const ring = generateKeyRing(new Date());
  const mayImpersonate = impersonationByRbac(client);
  const guard = { verifier: () => grantVerifier(ring), controllers: CLUSTER_CONTROLLERS, now: () => new Date() };
  const parse = (): never => {
    throw new Error('no records in these tests');
  };
  const records = { client, namespace: SYSTEM_NAMESPACE, parse };
  return {
    [PATHS.locks]: validateLocks({
      ...guard,
      lookup: recordLookup(records),
      mayUnlock: unlockByRbac(client),
      breaking: () => Promise.reject(new Error('no locks are broken in these tests')),
    }),
    [PATHS.containers]: validateContainers({ ...guard, open: openRecords(records), systemNamespace: SYSTEM_NAMESPACE }),
    [PATHS.ownSecrets]: validateOwnSecrets({ ownUsername: OWN_USERNAME, parse: records.parse, lookup: recordLookup(records) }),
    [PATHS.mutate]: mutateResources(),
    [PATHS.validate]: validateResources({
      transactions: { faults: validateTransaction, mayImpersonate, ownUsername: OWN_USERNAME },
      resourceChanges: {
        faults: validateResourceChange,
        readTransaction: transactionReader(client),
        mayImpersonate,
        collectors: new Set(COLLECTORS),
      },
    }),
  };
}

async function prepare(admin: KubeClient): Promise<void> {
  for (const name of [SYSTEM_NAMESPACE, 'shop']) await create(admin, NAMESPACES, { metadata: { name } });
  for (const definition of [TRANSACTION, RESOURCE_CHANGE]) {
    const crd = customResourceDefinition(definition);
    await admin.create({ kind: CUSTOM_RESOURCE_DEFINITIONS, name: crd.metadata.name }, { ...crd });
  }
  for (;;) {
    try {
      for (const kind of [TRANSACTIONS, RESOURCE_CHANGES]) await admin.list(kind, { namespace: 'shop' });
      return;
    } catch (error) {
      if (!isApiError(error, 404) && !isTransient(error)) throw error;
    }
  }
}

async function stop(controlPlane: ControlPlane, transport: Transport, server: WebhookServer): Promise<void> {
  await server.close(1_000);
  await transport.close();
  await controlPlane.stop();
}
