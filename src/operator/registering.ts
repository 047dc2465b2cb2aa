import { COLLECTORS } from '../admission/validate-resource-change.ts';
import { mutatingConfiguration, validatingConfiguration, type WebhookConfiguration } from '../admission/webhook-configuration.ts';
import { ownUsername } from './rbac.ts';

/** Our webhook configurations as they should be. `authorities` are those to trust, as PEM. */
export function configurations(url: string, authorities: string, systemNamespace: string): readonly WebhookConfiguration[] {
  const options = { endpoint: { url }, authorities, ownUsername: ownUsername(systemNamespace), systemNamespace, collectors: COLLECTORS };
  return [validatingConfiguration(options), mutatingConfiguration(options)];
}
