import { COLLECTORS } from '../admission/validate-resource-change.ts';
import {
  mutatingConfiguration,
  validatingConfiguration,
  type Reach,
  type WebhookConfiguration,
} from '../admission/webhook-configuration.ts';
import { ownUsername } from './rbac.ts';

/** Our webhook configurations as they should be. */
export function configurations(reach: Reach, systemNamespace: string): readonly WebhookConfiguration[] {
  const options = { ...reach, ownUsername: ownUsername(systemNamespace), systemNamespace, collectors: COLLECTORS };
  return [validatingConfiguration(options), mutatingConfiguration(options)];
}
