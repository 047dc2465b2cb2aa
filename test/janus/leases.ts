import type { KubeClient } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import { freed, holderOf, leaseRef, LEASES, type Lease } from '../../src/kube/lease/lease.ts';

const NAMESPACE = 'janus-system';

/** The Lease whose holder carries transactions out. */
export const LEADER = leaseRef(NAMESPACE, 'janus');

/** Takes away what a replica holds: it leads no longer, and counts as there no longer. */
export async function takeLeasesOf(identity: string, admin: KubeClient): Promise<void> {
  const { items } = await admin.list<Lease>(LEASES, { namespace: NAMESPACE });
  for (const lease of items.filter((one) => holderOf(one) === identity)) {
    const ref = leaseRef(NAMESPACE, lease.metadata.name ?? '');
    if (ref.name === LEADER.name) await free(admin);
    else await admin.delete(ref);
  }
}

/** Takes the leader's Lease away from whoever holds it, as if its time had run out. */
export async function free(admin: KubeClient): Promise<void> {
  for (;;) {
    try {
      await admin.update(LEADER, freed(await admin.get<Lease>(LEADER), new Date()));
      return;
    } catch (error) {
      // Its holder was renewing it just then.
      if (!isApiError(error, 409)) throw error;
    }
  }
}
