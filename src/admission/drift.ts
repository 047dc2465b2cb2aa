import { createHash } from 'node:crypto';
import { canonicalJson, equalValues } from '../lock/fields/value.ts';
import type { Webhook, WebhookConfiguration } from './webhook-configuration.ts';

/** Annotation with a digest of the webhooks that some Janus wrote: an edit by anybody else does not match it. */
export const DIGEST_ANNOTATION = 'tx.janus.io/webhooks-digest';

/** The digest of webhooks as they were rendered. */
export function digestOf(webhooks: readonly Webhook[]): string {
  return createHash('sha256').update(canonicalJson(webhooks)).digest('hex').slice(0, 32);
}

/** Whether a Janus wrote these webhooks as they stand. A `caBundle` counts only where it was rendered: cert-manager fills it in elsewhere. */
export function isWrittenByJanus({ metadata, webhooks = [] }: Partial<WebhookConfiguration>): boolean {
  const digest = metadata?.annotations?.[DIGEST_ANNOTATION];
  return digest !== undefined && (digest === digestOf(webhooks) || digest === digestOf(webhooks.map(withoutBundle)));
}

/**
 * What is wrong with a configuration as it stands, one sentence a fault; nothing where it is as wanted, or as another Janus (of another
 * version, at another address) wrote it. Labels and annotations are anybody's.
 * @param live undefined where there is none
 * @param accepted what it may be: while it is being changed, the earlier and the later
 */
export function driftOf(live: WebhookConfiguration | undefined, accepted: readonly WebhookConfiguration[]): readonly string[] {
  if (live === undefined) return ['it was deleted'];
  const [wanted] = accepted;
  if (wanted === undefined || isWrittenByJanus(live) || accepted.some((one) => isAsWanted(live, one))) return [];
  return differencesOf(live.webhooks, wanted.webhooks);
}

/** In what webhooks, which are not as wanted, are otherwise: one sentence a fault. */
export function differencesOf(live: readonly Webhook[], wanted: readonly Webhook[]): readonly string[] {
  const webhooks = new Map(live.map((webhook) => [webhook.name, webhook]));
  const faults = wanted.flatMap((webhook) => faultsOf(webhooks.get(webhook.name), webhook));
  const strange = [...webhooks.keys()].filter((name) => !wanted.some((webhook) => webhook.name === name));
  const all = [...faults, ...strange.map((name) => `webhook ${name} was added`)];
  return all.length > 0 ? all : ['the order of its webhooks was changed'];
}

/** Whether API servers may still ask us by the webhook of this name, however the configuration was changed; true where none is wanted. */
export function stillAsks(live: WebhookConfiguration | undefined, wanted: WebhookConfiguration, name: string): boolean {
  const [theirs, ours] = [live, wanted].map((configuration) => configuration?.webhooks.find((webhook) => webhook.name === name));
  if (ours === undefined) return true;
  return theirs !== undefined && equalValues(withoutBundle(theirs).clientConfig, withoutBundle(ours).clientConfig);
}

/**
 * The field managers, other than `own`, that have come to own something since an earlier state. Whoever only took something away, or
 * deleted it all, has left no trace here: the audit log has them.
 */
export function writersSince(earlier: WebhookConfiguration | undefined, live: WebhookConfiguration, own: string): readonly string[] {
  const known = new Set((earlier?.metadata.managedFields ?? []).map((entry) => canonicalJson(entry)));
  const since = (live.metadata.managedFields ?? []).filter((entry) => !known.has(canonicalJson(entry)));
  return [...new Set(since.map(({ manager = '' }) => manager))].filter((manager) => manager !== own && manager !== '');
}

function isAsWanted(live: WebhookConfiguration, wanted: WebhookConfiguration): boolean {
  if (live.webhooks.length !== wanted.webhooks.length) return false;
  return wanted.webhooks.every((webhook, at) => equalValues(comparable(live.webhooks[at], webhook), webhook));
}

function faultsOf(live: Webhook | undefined, wanted: Webhook): readonly string[] {
  if (live === undefined) return [`webhook ${wanted.name} was removed`];
  const compared = comparable(live, wanted);
  const fields = [...new Set([...Object.keys(wanted), ...Object.keys(live)])].filter(
    (field) => !equalValues(compared?.[field], wanted[field]),
  );
  return fields.length === 0 ? [] : [`${fields.join(', ')} of webhook ${wanted.name} changed`];
}

/** The live webhook with the caBundle left out where the wanted one says nothing of it. */
function comparable(live: Webhook | undefined, wanted: Webhook): Webhook | undefined {
  return live === undefined || wanted.clientConfig.caBundle !== undefined ? live : withoutBundle(live);
}

function withoutBundle(webhook: Webhook): Webhook {
  const { caBundle: _bundle, ...clientConfig } = webhook.clientConfig;
  return { ...webhook, clientConfig };
}
