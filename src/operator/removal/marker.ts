import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { freshLease, leaseRef, type Lease } from '../../kube/lease/lease.ts';
import type { ObjectRef } from '../../kube/object.ts';
import { pause } from '../../kube/pause.ts';
import type { Log } from '../log.ts';

/** Name of the Lease whose presence says that Janus is being removed. */
const REMOVAL_LEASE = 'janus-removal';
const LOOK_EVERY_MS = 1_000;

export function markerRef(systemNamespace: string): ObjectRef {
  return leaseRef(systemNamespace, REMOVAL_LEASE);
}

/** Whether Janus is being removed: by a quorum read. */
export async function isMarked(client: Pick<KubeClient, 'get'>, systemNamespace: string): Promise<boolean> {
  try {
    await client.get<Lease>(markerRef(systemNamespace));
    return true;
  } catch (error) {
    if (isApiError(error, 404)) return false;
    throw error;
  }
}

/** Waits while Janus is being removed: a replica that starts meanwhile writes nothing. @throws the signal's reason */
export async function untilNotBeingRemoved(client: KubeClient, systemNamespace: string, log: Log, signal: AbortSignal): Promise<void> {
  for (let told = false; await isMarked(client, systemNamespace); told = true) {
    if (!told)
      log.warn(
        `Janus is being removed (Lease ${systemNamespace}/${REMOVAL_LEASE}): this process waits. Delete that Lease if it is not true`,
      );
    if (!(await pause(LOOK_EVERY_MS, signal))) signal.throwIfAborted();
  }
}

/** Says that Janus is being removed. Every replica sees it, begins nothing more, and writes nothing more. */
export async function mark(client: Pick<KubeClient, 'create'>, systemNamespace: string, by: string): Promise<void> {
  const ref = markerRef(systemNamespace);
  const claim = { identity: by, durationMs: 60_000, now: new Date() };
  try {
    await client.create(ref, freshLease(ref, claim, { 'app.kubernetes.io/name': 'janus' }));
  } catch (error) {
    // Of an earlier try.
    if (!isApiError(error, 409)) throw error;
  }
}

/** Says that it is not, or no longer. */
export async function unmark(client: Pick<KubeClient, 'delete'>, systemNamespace: string): Promise<void> {
  try {
    await client.delete(markerRef(systemNamespace));
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
}
