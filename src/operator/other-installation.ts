import { readConfiguration, VALIDATING } from '../admission/registration.ts';
import { SYSTEM_NAMESPACE_ANNOTATION } from '../admission/webhook-configuration.ts';
import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import { holderOf, leaseRef, type Lease } from '../kube/lease/lease.ts';
import { pause } from '../kube/pause.ts';
import { LEADER_LEASE } from './leases.ts';

/** Another Janus runs in this cluster, and there can be one. */
export class SecondInstallationError extends Error {
  override readonly name = 'SecondInstallationError';
}

const LOOK_EVERY_MS = 500;
/** A renewal may be late by as much. */
const PATIENCE_MS = 1_000;

/**
 * Waits, where the webhook configurations are of another namespace, for as long as the Lease there could be renewed.
 * @throws SecondInstallationError when it is: somebody carries transactions out there
 */
export async function refuseSecondInstallation(client: KubeClient, systemNamespace: string, signal: AbortSignal): Promise<void> {
  const other = (await readConfiguration(client, VALIDATING))?.metadata.annotations?.[SYSTEM_NAMESPACE_ANNOTATION] ?? systemNamespace;
  if (other === systemNamespace) return;
  const holder = await aliveHolder(client, other, signal);
  if (holder === undefined) return;
  throw new SecondInstallationError(
    `Janus cannot run in namespace ${systemNamespace}, since it is installed in namespace ${other} already and runs there (${holder} leads). ` +
      `Two would undo each other's locks: there is one in a cluster. Uninstall this one, or that one first ("helm uninstall janus -n ${other}").`,
  );
}

/** Who renews the Lease of that namespace; undefined where nobody does. Only that it changes counts, not what time is written there. */
async function aliveHolder(client: KubeClient, namespace: string, signal: AbortSignal): Promise<string | undefined> {
  const first = await leaderLease(client, namespace);
  if (holderOf(first) === undefined) return undefined;
  const until = performance.now() + (first?.spec?.leaseDurationSeconds ?? 0) * 1000 + PATIENCE_MS;
  while (performance.now() < until) {
    if (!(await pause(LOOK_EVERY_MS, signal))) return undefined;
    const now = await leaderLease(client, namespace);
    if (holderOf(now) === undefined) return undefined;
    if (now?.metadata.resourceVersion !== first?.metadata.resourceVersion) return holderOf(now);
  }
  return undefined;
}

async function leaderLease(client: KubeClient, namespace: string): Promise<Lease | undefined> {
  try {
    return await client.get<Lease>(leaseRef(namespace, LEADER_LEASE));
  } catch (error) {
    if (isApiError(error, 404)) return undefined;
    throw error;
  }
}
