import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../kube/object.ts';
import type { Webhook, WebhookConfiguration } from './webhook-configuration.ts';
import { CONFIGURATION_NAME } from './webhook-configuration.ts';

const KINDS: Readonly<Record<WebhookConfiguration['kind'], ResourceKind>> = {
  MutatingWebhookConfiguration: kind('MutatingWebhookConfiguration', 'mutatingwebhookconfigurations'),
  ValidatingWebhookConfiguration: kind('ValidatingWebhookConfiguration', 'validatingwebhookconfigurations'),
};

// Beyond this, somebody else writes the configuration all the time.
const ATTEMPTS = 10;

/**
 * Installs a webhook configuration, or brings the one that is there to the same content by compare-and-swap. A `caBundle` that the
 * rendered one leaves out stays as it is (cert-manager's). Returns whether something was written. Throws what the client throws.
 */
export async function register(client: KubeClient, configuration: WebhookConfiguration): Promise<boolean> {
  const ref: ObjectRef = { kind: KINDS[configuration.kind], name: configuration.metadata.name ?? CONFIGURATION_NAME };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await registerOnce(client, ref, configuration);
    } catch (error) {
      if (attempt === ATTEMPTS || !isApiError(error, 409)) throw error;
    }
  }
}

/** Removes both webhook configurations, so that nothing depends on us any more. Objects that are locked are unguarded from then on. */
export async function unregister(client: KubeClient): Promise<void> {
  for (const kind of Object.values(KINDS)) {
    try {
      await client.delete({ kind, name: CONFIGURATION_NAME });
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
    }
  }
}

async function registerOnce(client: KubeClient, ref: ObjectRef, configuration: WebhookConfiguration): Promise<boolean> {
  const live = await read(client, ref);
  if (live === undefined) {
    await client.create(ref, configuration);
    return true;
  }
  const wanted = merge(live, configuration);
  if (isDeepStrictEqual(wanted, live)) return false;
  await client.update(ref, wanted);
  return true;
}

async function read(client: KubeClient, ref: ObjectRef): Promise<WebhookConfiguration | undefined> {
  try {
    return await client.get<WebhookConfiguration>(ref);
  } catch (error) {
    if (isApiError(error, 404)) return undefined;
    throw error;
  }
}

// Labels and annotations of others are theirs; of the webhooks nothing is.
function merge(live: WebhookConfiguration, wanted: WebhookConfiguration): KubeObject {
  const { labels, annotations } = wanted.metadata;
  return {
    ...live,
    metadata: {
      ...live.metadata,
      ...(labels === undefined ? {} : { labels: { ...live.metadata.labels, ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...live.metadata.annotations, ...annotations } }),
    },
    webhooks: wanted.webhooks.map((webhook) => withCaBundleOf(live.webhooks, webhook)),
  };
}

function withCaBundleOf(live: readonly Webhook[] | undefined, webhook: Webhook): Webhook {
  const caBundle = live?.find(({ name }) => name === webhook.name)?.clientConfig.caBundle;
  if (caBundle === undefined || webhook.clientConfig.caBundle !== undefined) return webhook;
  return { ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } };
}

function kind(name: WebhookConfiguration['kind'], resource: string): ResourceKind {
  return { group: 'admissionregistration.k8s.io', version: 'v1', kind: name, resource, namespaced: false };
}
