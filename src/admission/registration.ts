import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../kube/object.ts';
import { DIGEST_ANNOTATION, digestOf, isWrittenByJanus } from './drift.ts';
import { GUARDS_CONFIGURATION_NAME } from './guard/configuration.ts';
import type { Webhook, WebhookConfiguration } from './webhook-configuration.ts';
import { CONFIGURATION_NAME, LOCK_WEBHOOK_NAME } from './webhook-configuration.ts';

const KINDS: Readonly<Record<WebhookConfiguration['kind'], ResourceKind>> = {
  MutatingWebhookConfiguration: kind('MutatingWebhookConfiguration', 'mutatingwebhookconfigurations'),
  ValidatingWebhookConfiguration: kind('ValidatingWebhookConfiguration', 'validatingwebhookconfigurations'),
};

/** The configuration that guards locks. */
export const VALIDATING: ObjectRef = { kind: KINDS.ValidatingWebhookConfiguration, name: CONFIGURATION_NAME };

const GUARDS: ObjectRef = { kind: KINDS.ValidatingWebhookConfiguration, name: GUARDS_CONFIGURATION_NAME };

// Beyond this, somebody else writes the configuration all the time, faster than we can swap.
const ATTEMPTS = 5;

/** Our field manager, by which others' edits are told from ours. */
export const FIELD_MANAGER = 'janus-webhooks';

/** What became of a configuration. */
export interface Brought {
  /** As it was; undefined where there was none. */
  readonly before: WebhookConfiguration | undefined;
  /** As it is now. */
  readonly after: WebhookConfiguration;
  readonly written: boolean;
}

/**
 * Installs a webhook configuration, or brings the one that is there to the same content by compare-and-swap. A `caBundle` that the
 * rendered one leaves out stays as it is (cert-manager's). Returns whether something was written. Throws what the client throws.
 */
export async function register(client: KubeClient, configuration: WebhookConfiguration): Promise<boolean> {
  return (await bring(client, configuration)).written;
}

/** How what somebody has changed or deleted is brought back. */
export interface Restoring {
  /** As it was last known to be right: a `caBundle` that somebody else put in is taken from there where the live one lost it. */
  readonly earlier: WebhookConfiguration | undefined;
}

/**
 * As `register`, with what was there and what is now. Where others write faster than we can swap, it is written over whatever there is.
 * @param restoring where it is not to be installed but brought back: what another Janus has brought back first stays as it is
 */
export async function bring(client: KubeClient, configuration: WebhookConfiguration, restoring?: Restoring): Promise<Brought> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await bringOnce(client, configuration, restoring, attempt >= ATTEMPTS);
    } catch (error) {
      if (attempt === ATTEMPTS * 2 || !isApiError(error, 404, 409)) throw error;
    }
  }
}

/** A configuration as API servers send it: without `webhooks` where somebody took all of them out. */
export interface LiveConfiguration extends KubeObject {
  readonly kind: WebhookConfiguration['kind'];
  readonly webhooks?: readonly Webhook[];
}

/** As the rest of us reads it. */
export function asRead(live: LiveConfiguration): WebhookConfiguration {
  return { ...live, webhooks: live.webhooks ?? [] };
}

/** Where a configuration is. */
export function refOf({ kind: name, metadata }: Pick<WebhookConfiguration, 'kind' | 'metadata'>): ObjectRef {
  return { kind: KINDS[name], name: metadata.name ?? CONFIGURATION_NAME };
}

/** A configuration by a quorum read, or undefined where there is none. */
export async function readConfiguration(client: KubeClient, ref: ObjectRef): Promise<WebhookConfiguration | undefined> {
  try {
    return asRead(await client.get<LiveConfiguration>(ref));
  } catch (error) {
    if (isApiError(error, 404)) return undefined;
    throw error;
  }
}

/** The authorities (PEM) that API servers trust for the webhook that guards locks; undefined where none are told. */
export function authoritiesOf(configuration: WebhookConfiguration | undefined): string | undefined {
  const { caBundle = '' } = configuration?.webhooks.find(({ name }) => name === LOCK_WEBHOOK_NAME)?.clientConfig ?? {};
  return caBundle === '' ? undefined : Buffer.from(caBundle, 'base64').toString();
}

/** Removes all our webhook configurations, so that nothing depends on us any more. Objects that are locked are unguarded from then on. */
export async function unregister(client: KubeClient): Promise<void> {
  const refs = [...Object.values(KINDS).map((kind): ObjectRef => ({ kind, name: CONFIGURATION_NAME })), GUARDS];
  for (const ref of refs) {
    try {
      await client.delete(ref);
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
    }
  }
}

async function bringOnce(
  client: KubeClient,
  configuration: WebhookConfiguration,
  restoring: Restoring | undefined,
  force: boolean,
): Promise<Brought> {
  const ref = refOf(configuration);
  const earlier = restoring?.earlier;
  const before = await readConfiguration(client, ref);
  const options = { fieldManager: FIELD_MANAGER };
  if (before === undefined) {
    const { object: after } = await client.create<WebhookConfiguration>(ref, withCaBundlesOf(earlier, signed(configuration)), options);
    return { before, after, written: true };
  }
  if (restoring !== undefined && isWrittenByJanus(before)) return { before, after: before, written: false };
  const wanted = merge(before, withCaBundlesOf(earlier, withCaBundlesOf(before, signed(configuration))));
  if (isDeepStrictEqual(wanted, before)) return { before, after: before, written: false };
  // A list is replaced whole by a merge patch, and without a resourceVersion the API server itself tries until it lands.
  const { object: after } = force
    ? await client.patch<WebhookConfiguration>(ref, { type: 'merge', patch: forced(wanted) }, options)
    : await client.update<WebhookConfiguration>(ref, wanted, options);
  return { before, after, written: true };
}

function signed(configuration: WebhookConfiguration): WebhookConfiguration {
  const annotations = { ...configuration.metadata.annotations, [DIGEST_ANNOTATION]: digestOf(configuration.webhooks) };
  return { ...configuration, metadata: { ...configuration.metadata, annotations } };
}

function forced({ metadata, webhooks }: WebhookConfiguration): unknown {
  const { labels, annotations } = metadata;
  return { metadata: { ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) }, webhooks };
}

/** By these cert-manager's injector is asked to fill authorities in. */
const INJECTION = /^cert-manager\.io\/inject-/;

// Labels and annotations of others are theirs; of the webhooks nothing is. Two who write the authorities would fight.
function merge(live: WebhookConfiguration, wanted: WebhookConfiguration): WebhookConfiguration {
  const { labels, annotations } = wanted.metadata;
  const injected = wanted.webhooks.every(({ clientConfig }) => clientConfig.caBundle === undefined);
  const theirs = Object.entries(live.metadata.annotations ?? {}).filter(([key]) => injected || !INJECTION.test(key));
  return {
    ...live,
    metadata: {
      ...live.metadata,
      ...(labels === undefined ? {} : { labels: { ...live.metadata.labels, ...labels } }),
      annotations: { ...Object.fromEntries(theirs), ...annotations },
    },
    webhooks: wanted.webhooks,
  };
}

/** A configuration with what another has of `caBundle`, where it says nothing itself. */
function withCaBundlesOf(other: WebhookConfiguration | undefined, configuration: WebhookConfiguration): WebhookConfiguration {
  const bundles = new Map(other?.webhooks.map(({ name, clientConfig }) => [name, clientConfig.caBundle]));
  const webhooks = configuration.webhooks.map((webhook): Webhook => {
    const caBundle = bundles.get(webhook.name);
    if (caBundle === undefined || webhook.clientConfig.caBundle !== undefined) return webhook;
    return { ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } };
  });
  return { ...configuration, webhooks };
}

function kind(name: WebhookConfiguration['kind'], resource: string): ResourceKind {
  return { group: 'admissionregistration.k8s.io', version: 'v1', kind: name, resource, namespaced: false };
}
