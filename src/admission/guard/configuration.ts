import type { KubeObject, ResourceKind } from '../../kube/object.ts';
import { celLiteral, REQUESTED_NAME, REQUESTED_NAMESPACE } from '../../lock/guard/condition.ts';
import { holderOf, type GuardEntry, type GuardHolder } from '../../lock/guard/entries.ts';
import type { MatchCondition } from '../../lock/match-condition.ts';
import { clientConfig, PATHS, type Reach, type Webhook, type WebhookConfiguration } from '../webhook-configuration.ts';
import { PROBE_PLACE } from '../webhook-parts.ts';

/** Name of the configuration that holds the guards of open transactions, and nothing while there are none. */
export const GUARDS_CONFIGURATION_NAME = 'janus-guards';

/** The kind of that configuration. */
export const VALIDATING_WEBHOOK_CONFIGURATIONS: ResourceKind = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
};

/** Begin of the names of which dry runs are refused while there are guards. */
export const PROBE_NAME = 'janus-guard-probe-';

/** Counts the writes of the configuration; it only rises, so that a late API server can't be taken for one that is up to date. */
export const VERSION_ANNOTATION = 'tx.janus.io/guards-version';

const PROBE_ENTRY = 'probe.guards.tx.janus.io';

/** The configuration while there is nothing to guard. */
export function emptyGuards(): WebhookConfiguration {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: {
      name: GUARDS_CONFIGURATION_NAME,
      labels: { 'app.kubernetes.io/name': 'janus', 'app.kubernetes.io/component': 'webhook' },
    },
    webhooks: [],
  };
}

/** An entry as a webhook that is reached through `reach`. */
export function guardWebhook(entry: GuardEntry, reach: Reach): Webhook {
  const { name, transaction, rules, matchConditions } = entry;
  return complete({ name, rules, matchConditions }, transaction, reach);
}

/** The same webhook, reached another way. */
export function redirected(webhook: Webhook, { transaction }: GuardHolder, reach: Reach): Webhook {
  return { ...webhook, clientConfig: clientConfig(`${PATHS.guards}${transaction}`, reach) };
}

/** The webhooks of a configuration: API servers leave an empty list out. */
export function webhooksOf(configuration: KubeObject | undefined): readonly Webhook[] {
  return (configuration?.['webhooks'] as readonly Webhook[] | undefined) ?? [];
}

/** Whose guard a webhook is; undefined for the probe's and for what is none of ours. */
export function holderOfWebhook({ name }: Webhook): GuardHolder | undefined {
  return holderOf(name);
}

/** The number of writes that the configuration has seen. */
export function versionOf(configuration: KubeObject | undefined): number {
  const version = Number(configuration?.metadata.annotations?.[VERSION_ANNOTATION] ?? 0);
  return Number.isSafeInteger(version) ? version : 0;
}

/**
 * An entry by which it can be seen that an API server has taken up a version of the configuration, whatever the rights of the
 * transactions' ServiceAccounts: it refuses dry runs of creates under names of ours that no later version is needed for.
 */
export function probeWebhook(version: number, systemNamespace: string, reach: Reach): Webhook {
  const rules = [{ apiGroups: [''], apiVersions: ['*'], resources: ['secrets'], operations: ['CREATE'], scope: 'Namespaced' }];
  return complete({ name: PROBE_ENTRY, rules, matchConditions: [probeCondition(version, systemNamespace)] }, PROBE_PLACE, reach);
}

function probeCondition(version: number, systemNamespace: string): MatchCondition {
  const numbered = `n.matches('^${PROBE_NAME}[0-9]{1,15}$') && int(n.substring(${PROBE_NAME.length})) <= ${version}`;
  return {
    name: 'probes-of-this-version',
    expression:
      `has(request.dryRun) && request.dryRun == true && ${REQUESTED_NAMESPACE} == ${celLiteral(systemNamespace)} && ` +
      `[${REQUESTED_NAME}].exists(n, ${numbered})`,
  };
}

function complete(
  parts: { readonly name: string; readonly rules: unknown; readonly matchConditions: readonly MatchCondition[] },
  below: string,
  reach: Reach,
): Webhook {
  return {
    name: parts.name,
    clientConfig: clientConfig(`${PATHS.guards}${below}`, reach),
    rules: parts.rules,
    namespaceSelector: {},
    objectSelector: {},
    matchConditions: parts.matchConditions,
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    timeoutSeconds: 5,
    admissionReviewVersions: ['v1'],
  };
}
