import type { KubeObject } from '../kube/object.ts';
import { lockMatchConditions, LOCK_OBJECT_SELECTOR } from '../lock/match-condition.ts';
import { containerEntries } from './container-entries.ts';
import { asksForSomething, beginsOrAnnotates, beginsOrSeals, isNotByJanus, isNotCollected } from './resource-conditions.ts';
import { trustEntry } from './trust-probe.ts';
import { PATHS, type WebhookParts } from './webhook-parts.ts';

export { PATHS } from './webhook-parts.ts';

/** Name of both webhook configurations. */
export const CONFIGURATION_NAME = 'janus';
/** Name of the webhook that guards locks; API servers quote it in every refusal. */
export const LOCK_WEBHOOK_NAME = 'locks.tx.janus.io';

/** Annotation of our webhook configurations: the namespace of the Janus that wrote them. */
export const SYSTEM_NAMESPACE_ANNOTATION = 'tx.janus.io/system-namespace';

/** How API servers reach us. */
export type Endpoint =
  /** `https://host:port`, without a path. */
  { readonly url: string } | { readonly service: { readonly namespace: string; readonly name: string; readonly port: number } };

/** How API servers reach us, and whom they trust for it. */
export interface Reach {
  readonly endpoint: Endpoint;
  /** PEM of the authorities to trust; absent where cert-manager fills it in. */
  readonly authorities?: string;
}

export interface ConfigurationOptions extends Reach {
  /** User name under which Janus itself speaks to the API server. */
  readonly ownUsername: string;
  /** Janus's own namespace, where it keeps its Secrets. */
  readonly systemNamespace: string;
  /** User names of the controllers that collect what lost its owner or namespace. */
  readonly collectors: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A MutatingWebhookConfiguration or ValidatingWebhookConfiguration, complete: nothing is left to the server's defaults. */
export interface WebhookConfiguration extends KubeObject {
  readonly kind: 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration';
  readonly webhooks: readonly Webhook[];
}

export interface Webhook {
  readonly name: string;
  readonly clientConfig: { readonly caBundle?: string; readonly url?: string; readonly service?: unknown };
  readonly [field: string]: unknown;
}

const OURS = { group: 'tx.janus.io', scope: 'Namespaced' } as const;

/** Renders the configuration that stamps our own resources. */
export function mutatingConfiguration(options: ConfigurationOptions): WebhookConfiguration {
  const entries: WebhookParts[] = [
    {
      ...OURS,
      name: 'transactions.tx.janus.io',
      path: PATHS.mutate,
      resources: ['transactions'],
      operations: ['CREATE', 'UPDATE'],
      conditions: beginsOrSeals(),
    },
    {
      ...OURS,
      name: 'resourcechanges.tx.janus.io',
      path: PATHS.mutate,
      resources: ['resourcechanges'],
      operations: ['CREATE', 'UPDATE'],
      conditions: beginsOrAnnotates(),
    },
    ...trustEntry('mutating', options),
  ];
  // Should another webhook seal a Transaction after us, it is stamped all the same.
  const webhooks = entries.map((entry) => ({ ...webhook(entry, options), reinvocationPolicy: 'IfNeeded' }));
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration', metadata: metadataOf(options), webhooks };
}

/** Renders the configuration that guards locks and validates our own resources. */
export function validatingConfiguration(options: ConfigurationOptions): WebhookConfiguration {
  const { ownUsername, collectors } = options;
  const entries: WebhookParts[] = [
    {
      name: LOCK_WEBHOOK_NAME,
      path: PATHS.locks,
      group: '*',
      resources: ['*/*'],
      operations: ['CREATE', 'UPDATE', 'DELETE'],
      scope: '*',
      conditions: lockMatchConditions(),
      objectSelector: LOCK_OBJECT_SELECTOR,
      // A lock that is broken by force is noted in the record.
      sideEffects: 'NoneOnDryRun',
    },
    {
      ...OURS,
      name: 'transactions.tx.janus.io',
      path: PATHS.validate,
      resources: ['transactions'],
      operations: ['CREATE', 'UPDATE'],
      conditions: asksForSomething([]),
    },
    {
      ...OURS,
      name: 'transaction-status.tx.janus.io',
      path: PATHS.validate,
      resources: ['transactions/status'],
      operations: ['UPDATE'],
      conditions: isNotByJanus(ownUsername),
    },
    {
      ...OURS,
      name: 'resourcechanges.tx.janus.io',
      path: PATHS.validate,
      resources: ['resourcechanges'],
      operations: ['CREATE', 'UPDATE', 'DELETE'],
      conditions: [...asksForSomething(['ownerReferences']), ...isNotCollected(collectors)],
    },
    // This one only warns: while we are down, Transactions can be deleted without it.
    {
      ...OURS,
      name: 'transaction-deletions.tx.janus.io',
      path: PATHS.validate,
      resources: ['transactions'],
      operations: ['DELETE'],
      conditions: [],
      failurePolicy: 'Ignore',
    },
    ...containerEntries(options),
    ...trustEntry('validating', options),
  ];
  const webhooks = entries.map((entry) => webhook(entry, options));
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: metadataOf(options), webhooks };
}

function metadataOf({ labels, annotations, systemNamespace }: ConfigurationOptions): KubeObject['metadata'] {
  return {
    name: CONFIGURATION_NAME,
    labels: { 'app.kubernetes.io/name': 'janus', 'app.kubernetes.io/component': 'webhook', ...labels },
    annotations: { [SYSTEM_NAMESPACE_ANNOTATION]: systemNamespace, ...annotations },
  };
}

function webhook(parts: WebhookParts, options: ConfigurationOptions): Webhook {
  return {
    name: parts.name,
    clientConfig: clientConfig(parts.path, options),
    rules: [{ apiGroups: [parts.group], apiVersions: ['*'], resources: parts.resources, operations: parts.operations, scope: parts.scope }],
    namespaceSelector: parts.namespaceSelector ?? {},
    objectSelector: parts.objectSelector ?? {},
    ...(parts.conditions.length === 0 ? {} : { matchConditions: parts.conditions }),
    failurePolicy: parts.failurePolicy ?? 'Fail',
    matchPolicy: 'Equivalent',
    sideEffects: parts.sideEffects ?? 'None',
    timeoutSeconds: 5,
    admissionReviewVersions: ['v1'],
  };
}

/** How API servers reach one of our paths. */
export function clientConfig(path: string, { endpoint, authorities }: Reach): Webhook['clientConfig'] {
  const caBundle = authorities === undefined ? {} : { caBundle: Buffer.from(authorities).toString('base64') };
  if ('url' in endpoint) return { url: `${endpoint.url}${path}`, ...caBundle };
  const { namespace, name, port } = endpoint.service;
  return { service: { namespace, name, path, port }, ...caBundle };
}
