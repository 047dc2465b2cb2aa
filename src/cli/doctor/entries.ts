import type { Webhook } from '../../admission/webhook-configuration.ts';
import type { KubeObject } from '../../kube/object.ts';

/** The webhooks of a configuration as read: a server leaves an empty list out. */
export function entriesOf(configuration: KubeObject | undefined): readonly Webhook[] {
  return (configuration?.['webhooks'] as readonly Webhook[] | undefined) ?? [];
}
