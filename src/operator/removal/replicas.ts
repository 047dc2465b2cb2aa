import type { KubeClient } from '../../kube/client.ts';
import { holderOf, LEASES, type Lease } from '../../kube/lease/lease.ts';
import { markerRef } from './marker.ts';

/** Which replicas still act, told from their Leases. One that has been silent for its own time counts as gone. */
export class ActiveReplicas {
  readonly #client: KubeClient;
  readonly #namespace: string;
  /** When each state of a Lease was first seen: what others write as time is never compared with a clock. */
  readonly #seen = new Map<string, number>();

  constructor(client: KubeClient, systemNamespace: string) {
    this.#client = client;
    this.#namespace = systemNamespace;
  }

  /** Identities: of those that act, and of those that have been silent for their time. @param now milliseconds of a monotonic clock */
  async look(now: number): Promise<{ readonly active: readonly string[]; readonly silent: readonly string[] }> {
    const { items } = await this.#client.list<Lease>(LEASES, {
      namespace: this.#namespace,
      labelSelector: 'app.kubernetes.io/name=janus',
    });
    const marker = markerRef(this.#namespace).name;
    const active = new Set<string>();
    const silent = new Set<string>();
    for (const lease of items) {
      const holder = holderOf(lease);
      if (holder === undefined || lease.metadata.name === marker) continue;
      const state = `${lease.metadata.uid ?? ''}/${lease.metadata.resourceVersion ?? ''}`;
      const since = this.#seen.get(state) ?? now;
      this.#seen.set(state, since);
      const isHeard = now - since <= (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
      (isHeard ? active : silent).add(holder);
    }
    return { active: [...active].sort(), silent: [...silent].filter((holder) => !active.has(holder)) };
  }
}
