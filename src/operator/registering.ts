import { register } from '../admission/registration.ts';
import { COLLECTORS } from '../admission/validate-resource-change.ts';
import { mutatingConfiguration, validatingConfiguration } from '../admission/webhook-configuration.ts';
import type { KubeClient } from '../kube/client.ts';
import { ownUsername } from './rbac.ts';

/** Writes our webhook configurations as they should be, where they are not. `authorities` are those to trust, as PEM. */
export async function registerAll(admin: KubeClient, url: string, authorities: string, systemNamespace: string): Promise<void> {
  const options = { endpoint: { url }, authorities, ownUsername: ownUsername(systemNamespace), systemNamespace, collectors: COLLECTORS };
  await register(admin, validatingConfiguration(options));
  await register(admin, mutatingConfiguration(options));
}
