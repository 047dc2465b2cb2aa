import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DIGEST_ANNOTATION, digestOf, driftOf, isWrittenByJanus, stillAsks, writersSince } from '../../src/admission/drift.ts';
import {
  LOCK_WEBHOOK_NAME,
  validatingConfiguration,
  type ConfigurationOptions,
  type Webhook,
  type WebhookConfiguration,
} from '../../src/admission/webhook-configuration.ts';

const OPTIONS: ConfigurationOptions = {
  endpoint: { url: 'https://127.0.0.1:9443' },
  authorities: 'PEM',
  ownUsername: 'system:serviceaccount:janus-system:janus',
  systemNamespace: 'janus-system',
  collectors: [],
};
const WANTED = validatingConfiguration(OPTIONS);
const { authorities: _pem, ...INJECTED } = OPTIONS;
const BY_CERT_MANAGER = validatingConfiguration(INJECTED);

function changed(
  configuration: WebhookConfiguration,
  change: (webhook: Webhook) => Webhook,
  name = LOCK_WEBHOOK_NAME,
): WebhookConfiguration {
  return { ...configuration, webhooks: configuration.webhooks.map((webhook) => (webhook.name === name ? change(webhook) : webhook)) };
}

function annotated(configuration: WebhookConfiguration, digest: string): WebhookConfiguration {
  return { ...configuration, metadata: { ...configuration.metadata, annotations: { [DIGEST_ANNOTATION]: digest } } };
}

const withBundle = (caBundle: string): WebhookConfiguration =>
  changed(BY_CERT_MANAGER, (webhook) => ({ ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } }));

describe('drift', () => {
  test('is nothing where it is as wanted, whatever labels and annotations it has', () => {
    const live = { ...WANTED, metadata: { ...WANTED.metadata, labels: { theirs: 'x' }, annotations: { theirs: 'x' } } };
    expect(driftOf(live, [WANTED])).toEqual([]);
  });

  test('is told of a configuration that is gone, of entries taken out, put in and moved', () => {
    expect(driftOf(undefined, [WANTED])).toEqual(['it was deleted']);
    expect(driftOf({ ...WANTED, webhooks: WANTED.webhooks.slice(1) }, [WANTED])).toEqual([`webhook ${LOCK_WEBHOOK_NAME} was removed`]);
    const strange = { ...(WANTED.webhooks[0] as Webhook), name: 'strange.example.com' };
    expect(driftOf({ ...WANTED, webhooks: [...WANTED.webhooks, strange] }, [WANTED])).toEqual(['webhook strange.example.com was added']);
    expect(driftOf({ ...WANTED, webhooks: WANTED.webhooks.toReversed() }, [WANTED])).toEqual(['the order of its webhooks was changed']);
  });

  test('names every field that is not as it should be', () => {
    const live = changed(WANTED, (webhook) => ({ ...webhook, failurePolicy: 'Ignore', rules: [] }));
    expect(driftOf(live, [WANTED])).toEqual([`rules, failurePolicy of webhook ${LOCK_WEBHOOK_NAME} changed`]);
  });

  test('of any field of any webhook is found', () => {
    const places = WANTED.webhooks.flatMap(({ name, ...fields }) => Object.keys(fields).map((field) => [name, field] as const));
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), ([name, field], value) => {
        const live = changed(WANTED, (webhook) => ({ ...webhook, [field]: value }), name);
        const before = WANTED.webhooks.find((webhook) => webhook.name === name)?.[field];
        expect(driftOf(live, [WANTED]).length === 0).toBe(JSON.stringify(before) === JSON.stringify(value));
      }),
    );
  });

  test('is no caBundle that cert-manager filled in, and is one that was rendered by us and changed', () => {
    expect(driftOf(withBundle('injected'), [BY_CERT_MANAGER])).toEqual([]);
    const live = changed(WANTED, (webhook) => ({ ...webhook, clientConfig: { ...webhook.clientConfig, caBundle: 'garbage' } }));
    expect(driftOf(live, [WANTED])).toEqual([`clientConfig of webhook ${LOCK_WEBHOOK_NAME} changed`]);
  });

  test('is nothing while it is being changed from one content to another', () => {
    const next = validatingConfiguration({ ...OPTIONS, authorities: 'NEXT' });
    expect(driftOf(WANTED, [next, WANTED])).toEqual([]);
    expect(driftOf(next, [next, WANTED])).toEqual([]);
  });
});

describe('what another Janus wrote', () => {
  const other = validatingConfiguration({ ...OPTIONS, endpoint: { url: 'https://127.0.0.1:9444' } });

  test('is left as it is, so that replicas do not fight', () => {
    expect(driftOf(annotated(other, digestOf(other.webhooks)), [WANTED])).toEqual([]);
    expect(driftOf(other, [WANTED])).not.toEqual([]);
  });

  test('is not what somebody has edited since', () => {
    const live = changed(annotated(other, digestOf(other.webhooks)), (webhook) => ({ ...webhook, failurePolicy: 'Ignore' }));
    expect(isWrittenByJanus(live)).toBe(false);
    expect(driftOf(live, [WANTED])).not.toEqual([]);
  });

  test('has whatever caBundle cert-manager gives it, where none was rendered', () => {
    expect(isWrittenByJanus(annotated(withBundle('injected'), digestOf(BY_CERT_MANAGER.webhooks)))).toBe(true);
    const garbage = changed(annotated(WANTED, digestOf(WANTED.webhooks)), (webhook) => ({ ...webhook, clientConfig: { caBundle: 'x' } }));
    expect(isWrittenByJanus(garbage)).toBe(false);
  });
});

test('API servers may still ask us where the entry is there with our address, and not where it is gone or leads elsewhere', () => {
  const ignoring = changed(WANTED, (webhook) => ({ ...webhook, failurePolicy: 'Ignore' }));
  const elsewhere = changed(WANTED, (webhook) => ({ ...webhook, clientConfig: { url: 'https://elsewhere' } }));
  expect([ignoring, elsewhere, { ...WANTED, webhooks: [] }, undefined].map((live) => stillAsks(live, WANTED, LOCK_WEBHOOK_NAME))).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test('who wrote is told by what managers have come to own, and nobody is named for what was there before', () => {
  const entry = (manager: string, time: string): { manager: string; time: string } => ({ manager, time });
  const at = (...managedFields: readonly { manager: string; time: string }[]): WebhookConfiguration => ({
    ...WANTED,
    metadata: { ...WANTED.metadata, managedFields },
  });
  const earlier = at(entry('janus-webhooks', '1'), entry('alice', '1'));
  expect(writersSince(earlier, at(entry('janus-webhooks', '1'), entry('alice', '1'), entry('mallory', '2')), 'janus-webhooks')).toEqual([
    'mallory',
  ]);
  expect(writersSince(earlier, at(entry('alice', '1')), 'janus-webhooks')).toEqual([]);
});
