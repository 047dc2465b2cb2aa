import type { KubeObject, ObjectRef, ResourceKind } from '../object.ts';

export const LEASES: ResourceKind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  namespaced: true,
};

/** `coordination.k8s.io/v1` Lease, as far as elections and peers read and write it. */
export interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
    readonly [field: string]: unknown;
  };
}

/** What a holder writes into a Lease. */
export interface Claim {
  readonly identity: string;
  readonly durationMs: number;
  /** For people who read the Lease: nobody compares it with a clock. */
  readonly now: Date;
}

/** Where a Lease is. */
export function leaseRef(namespace: string, name: string): ObjectRef {
  return { kind: LEASES, namespace, name };
}

/** Who holds it; undefined where it is free. */
export function holderOf(lease: Lease | undefined): string | undefined {
  const holder = lease?.spec?.holderIdentity;
  return holder === '' ? undefined : holder;
}

/** A Lease that nobody has made yet, held by the claimant. */
export function freshLease({ namespace = '', name }: ObjectRef, claim: Claim, labels: Readonly<Record<string, string>> = {}): Lease {
  const metadata = { name, namespace, labels };
  return claimed({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: { leaseTransitions: -1 } }, claim);
}

/** The Lease taken or kept by the claimant: the rest of it, and so its resourceVersion, is as it was read. */
export function claimed(lease: Lease, { identity, durationMs, now }: Claim): Lease {
  const { spec = {} } = lease;
  const kept = holderOf(lease) === identity;
  const time = microTime(now);
  return {
    ...lease,
    spec: {
      ...spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: kept ? (spec.acquireTime ?? time) : time,
      renewTime: time,
      leaseTransitions: (spec.leaseTransitions ?? 0) + (kept ? 0 : 1),
    },
  };
}

/** The Lease with nobody in it: a successor need not wait. */
export function freed(lease: Lease, now: Date): Lease {
  const { holderIdentity: _holder, ...spec } = lease.spec ?? {};
  return { ...lease, spec: { ...spec, renewTime: microTime(now) } };
}

// metav1.MicroTime has six digits, always.
function microTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}
