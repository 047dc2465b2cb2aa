import { stringify } from 'yaml';
import { COLLECTORS } from './validate-resource-change.ts';
import type { ConfigurationOptions, WebhookConfiguration } from './webhook-configuration.ts';
import { mutatingConfiguration, validatingConfiguration } from './webhook-configuration.ts';

/** Where the static manifests install Janus. */
export const STATIC_OPTIONS: ConfigurationOptions = {
  endpoint: { service: { namespace: 'janus-system', name: 'janus-webhook', port: 443 } },
  ownUsername: 'system:serviceaccount:janus-system:janus',
  collectors: COLLECTORS,
  // cert-manager's injector puts the authority of this Certificate into every clientConfig.
  annotations: { 'cert-manager.io/inject-ca-from': 'janus-system/janus-webhook' },
};

/** `webhook-config/webhooks.yaml`: both webhook configurations, served by a Service, with an authority that cert-manager injects. */
export function webhookManifest(): string {
  const documents: WebhookConfiguration[] = [mutatingConfiguration(STATIC_OPTIONS), validatingConfiguration(STATIC_OPTIONS)];
  const head = '# Generated from src/admission/webhook-configuration.ts.\n';
  return (
    head + documents.map((document) => stringify(document, { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false })).join('---\n')
  );
}
