import { changesSpec, isKeptByJanus, removesNamespace, removesVersion } from './container-conditions.ts';
import { isNotByJanus, isNotCollected } from './resource-conditions.ts';
import { PATHS, type WebhookParts } from './webhook-parts.ts';

interface ContainerEntryOptions {
  readonly ownUsername: string;
  readonly collectors: readonly string[];
  readonly systemNamespace: string;
}

/** What no label can protect, and is looked after whether or not anything is locked. */
export function containerEntries({ ownUsername, collectors, systemNamespace }: ContainerEntryOptions): readonly WebhookParts[] {
  const definitions = {
    path: PATHS.containers,
    group: 'apiextensions.k8s.io',
    resources: ['customresourcedefinitions'],
    scope: 'Cluster',
  } as const;
  return [
    {
      name: 'namespaces.tx.janus.io',
      path: PATHS.containers,
      group: '',
      // Any of the three takes finalizers off.
      resources: ['namespaces', 'namespaces/finalize', 'namespaces/status'],
      operations: ['UPDATE', 'DELETE'],
      scope: 'Cluster',
      conditions: removesNamespace(collectors),
    },
    { ...definitions, name: 'definitions.tx.janus.io', operations: ['UPDATE', 'DELETE'], conditions: removesVersion() },
    // While we are down, definitions can still be brought up to date: other schemas are refused by us, never for want of us.
    {
      ...definitions,
      name: 'definition-schemas.tx.janus.io',
      operations: ['UPDATE'],
      conditions: changesSpec(),
      failurePolicy: 'Ignore',
    },
    {
      name: 'own-secrets.tx.janus.io',
      path: PATHS.ownSecrets,
      group: '',
      resources: ['secrets'],
      operations: ['CREATE', 'UPDATE', 'DELETE'],
      scope: 'Namespaced',
      conditions: [...isKeptByJanus(), ...isNotByJanus(ownUsername), ...isNotCollected(collectors)],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': systemNamespace } },
    },
  ];
}
