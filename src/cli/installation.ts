import { isApiError } from '../kube/errors.ts';
import { holderOf, LEASES, type Lease } from '../kube/lease/lease.ts';
import { LEADER_LEASE, VERSION_LABEL } from '../operator/leases.ts';
import type { Cluster } from './cluster.ts';

/** One process of Janus, as its own Lease tells. */
export interface Replica {
  readonly identity: string;
  readonly version: string;
  readonly leads: boolean;
  /** RFC 3339; when it last said that it is there. */
  readonly seen?: string;
}

/** Which processes of Janus there are. */
export interface Replicas {
  readonly leader: Lease | undefined;
  readonly replicas: readonly Replica[];
}

/** Reads the Leases of Janus's namespace; undefined where one may not. */
export async function replicasOf({ client }: Pick<Cluster, 'client'>, systemNamespace: string): Promise<Replicas | undefined> {
  try {
    const { items } = await client.list<Lease>(LEASES, { namespace: systemNamespace, labelSelector: 'app.kubernetes.io/name=janus' });
    const leader = items.find(({ metadata }) => metadata.name === LEADER_LEASE);
    const leading = holderOf(leader);
    const replicas = items.flatMap((lease) => {
      const identity = holderOf(lease);
      const version = lease.metadata.labels?.[VERSION_LABEL];
      if (lease === leader || identity === undefined || version === undefined) return [];
      const { renewTime } = lease.spec ?? {};
      return [{ identity, version, leads: identity === leading, ...(renewTime === undefined ? {} : { seen: renewTime }) }];
    });
    return { leader, replicas };
  } catch (error) {
    if (isApiError(error, 403)) return undefined;
    throw error;
  }
}
