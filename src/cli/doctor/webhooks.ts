import { GUARDS_CONFIGURATION_NAME, VALIDATING_WEBHOOK_CONFIGURATIONS } from '../../admission/guard/configuration.ts';
import { probeLocks } from '../../admission/probe.ts';
import {
  CONFIGURATION_NAME,
  mutatingConfiguration,
  validatingConfiguration,
  type Webhook,
  type WebhookConfiguration,
} from '../../admission/webhook-configuration.ts';
import type { ResourceKind } from '../../kube/object.ts';
import { ownUsername } from '../../operator/rbac.ts';
import { find } from './definitions.ts';
import { entriesOf } from './entries.ts';
import { failure, ok, warning, type Finding } from './finding.ts';
import type { Patient } from './look.ts';

const MUTATING: ResourceKind = {
  ...VALIDATING_WEBHOOK_CONFIGURATIONS,
  kind: 'MutatingWebhookConfiguration',
  resource: 'mutatingwebhookconfigurations',
};

/** The webhook configurations as they are. */
export interface Configurations {
  readonly validating: WebhookConfiguration | undefined;
  readonly mutating: WebhookConfiguration | undefined;
  readonly guards: WebhookConfiguration | undefined;
}

export async function configurationsOf({ cluster: { client } }: Patient): Promise<Configurations> {
  const read = (kind: ResourceKind, name: string) => find(() => client.get({ kind, name })) as Promise<WebhookConfiguration | undefined>;
  const [validating, mutating, guards] = await Promise.all([
    read(VALIDATING_WEBHOOK_CONFIGURATIONS, CONFIGURATION_NAME),
    read(MUTATING, CONFIGURATION_NAME),
    read(VALIDATING_WEBHOOK_CONFIGURATIONS, GUARDS_CONFIGURATION_NAME),
  ]);
  return { validating, mutating, guards };
}

const REINSTALL = 'A running Janus restores its configurations by itself: see that it runs, and what its log says.';

/** Whether the API server is told to ask about everything that it should ask about. */
export function configurationFindings({ guards, mutating, validating }: Configurations, systemNamespace: string): readonly Finding[] {
  const options = { endpoint: { url: 'https://unused' }, ownUsername: ownUsername(systemNamespace), systemNamespace, collectors: [] };
  return [
    configurationFinding('validating webhooks', validating, validatingConfiguration(options)),
    configurationFinding('mutating webhooks', mutating, mutatingConfiguration(options)),
    // It is made when the first guard is needed.
    ok('guards', `${String(entriesOf(guards).length)} entries at this moment`),
  ];
}

function configurationFinding(check: string, found: WebhookConfiguration | undefined, expected: WebhookConfiguration): Finding {
  if (found === undefined) return failure(check, `the configuration ${CONFIGURATION_NAME} is not there, so locks do not hold`, REINSTALL);
  const names = new Set(entriesOf(found).map(({ name }) => name));
  const missing = expected.webhooks.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  const lenient = expected.webhooks.filter(
    ({ failurePolicy, name }) => failurePolicy === 'Fail' && webhookIn(found, name)?.['failurePolicy'] === 'Ignore',
  );
  if (missing.length > 0) return failure(check, `${missing.join(', ')} missing`, REINSTALL);
  if (lenient.length > 0)
    return failure(
      check,
      `${lenient.map(({ name }) => name).join(', ')} let everything pass while Janus is down (failurePolicy: Ignore)`,
      REINSTALL,
    );
  return ok(check, `all ${String(expected.webhooks.length)} are there`);
}

function webhookIn(configuration: WebhookConfiguration, name: string): Webhook | undefined {
  return entriesOf(configuration).find((one) => one.name === name);
}

/** What to do about what the API server says when it cannot ask the webhook. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /x509: certificate signed by unknown authority|failed to verify certificate/,
    'The CA bundle of the configurations is not that of the certificate: restart Janus, or look at what injects the bundle.',
  ],
  [/certificate has expired/, 'The certificate has expired: restart Janus, or look at what renews it.'],
  [/no endpoints available|service ".*" not found/, 'No pod of Janus is ready: "kubectl get pods" in its namespace says why.'],
  [
    /connection refused|no route to host|i\/o timeout|deadline exceeded/,
    'Nobody answers there: see that Janus runs, and that the API server can reach it (network policies, firewalls).',
  ],
];

/** Whether locks are enforced at this moment: a dry run that forges one must be refused by the webhook. */
export async function enforcement({ cluster, systemNamespace }: Patient): Promise<readonly Finding[]> {
  const check = 'locks';
  try {
    await probeLocks(cluster.client, systemNamespace, { deadlineMs: 0 });
    return [ok(check, 'are enforced: the dry run of a forged one was refused')];
  } catch (error) {
    const words = (error instanceof Error ? error.message : String(error)).replace(/^Locks are not guarded after 0 ms: /, '');
    return [enforcementFinding(check, words)];
  }
}

/** What the failed dry run means. */
export function enforcementFinding(check: string, words: string): Finding {
  if (/is forbidden: User/.test(words))
    return warning(
      check,
      `could not be tried: ${words}`,
      'Try with the right to create Secrets in the namespace of Janus (it is a dry run).',
    );
  const remedy = REMEDIES.find(([pattern]) => pattern.test(words))?.[1] ?? REINSTALL;
  return failure(check, `are not enforced: ${words}`, remedy);
}
