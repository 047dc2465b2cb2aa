import type { KubeClient } from '../client.ts';
import { isApiError } from '../errors.ts';
import { pause } from '../pause.ts';
import { claimed, freshLease, holderOf, leaseRef, LEASES, type Lease } from './lease.ts';

/** Label of a Lease that says no more than that its holder is there. Its value is the name of the group of peers. */
export const PEER_LABEL = 'tx.janus.io/peer-of';

export interface PeerOptions {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'create' | 'update' | 'delete'>;
  readonly namespace: string;
  /** What those have in common who are peers. */
  readonly group: string;
  readonly identity: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** How long a peer counts as there after it was last heard of; milliseconds. It says so three times as often. */
  readonly durationMs: number;
  readonly onProblem?: (error: unknown) => void;
  readonly now?: () => number;
  readonly wallClock?: () => Date;
}

/** Who else is there: each replica keeps a Lease of its own, and watches those of the others. */
export interface Peers {
  /** To be told what a watch on Leases sees. */
  observe(event: { readonly type: 'added' | 'modified' | 'deleted'; readonly object: Lease }): void;
  /** Identities of the others that are there, sorted. One that crashed counts as there until it has been silent for its time. */
  others(): readonly string[];
  /**
   * Says goodbye, so that the others know at once, and tells who is left. Of several that leave together the last one is told of
   * nobody. Never rejects: what cannot be asked is answered as last seen.
   */
  leave(): Promise<readonly string[]>;
  /** Says no more, as a crash would. */
  abandon(): void;
}

interface Seen {
  readonly lease: Lease;
  /** By the own monotonic clock: what others write as time is never compared with it. */
  readonly at: number;
}

/** Says that this process is there, now and again, and takes note of others that do. Does not wait for any request. */
export function joinPeers(options: PeerOptions): Peers {
  const { client, namespace, group, identity, durationMs, labels = {}, onProblem, now = () => performance.now() } = options;
  const ref = leaseRef(namespace, leaseName(group, identity));
  const seen = new Map<string, Seen>();
  const ending = new AbortController();
  let own: Lease | undefined;

  const say = async (): Promise<void> => {
    const claim = { identity, durationMs, now: options.wallClock?.() ?? new Date() };
    const timeoutMs = durationMs / 3;
    try {
      const made = { ...labels, [PEER_LABEL]: group };
      own = (
        own === undefined
          ? await client.create<Lease>(ref, freshLease(ref, claim, made), { timeoutMs })
          : await client.update<Lease>(ref, claimed(own, claim), { timeoutMs })
      ).object;
    } catch (error) {
      if (!isApiError(error, 404, 409)) throw error;
      own = isApiError(error, 404) ? undefined : await client.get<Lease>(ref, { timeoutMs });
    }
  };
  const bury = async (lease: Lease): Promise<void> => {
    const { name = '', uid = '', resourceVersion = '' } = lease.metadata;
    try {
      await client.delete(leaseRef(namespace, name), { preconditions: { uid, resourceVersion } });
    } catch (error) {
      if (!isApiError(error, 404, 409)) throw error;
    }
  };
  const silent = (): readonly Lease[] =>
    [...seen.values()].filter(({ lease, at }) => now() - at > lifeOf(lease, durationMs)).map(({ lease }) => lease);
  const run = async (): Promise<void> => {
    do {
      try {
        await say();
        for (const lease of silent()) await bury(lease);
      } catch (error) {
        if (!ending.signal.aborted) onProblem?.(error);
      }
    } while (await pause(durationMs / 3, ending.signal));
  };
  const running = run();

  const observe: Peers['observe'] = ({ type, object }) => {
    const uid = object.metadata.uid ?? '';
    if (object.metadata.labels?.[PEER_LABEL] !== group || holderOf(object) === identity) return;
    if (type === 'deleted') seen.delete(uid);
    else if (seen.get(uid)?.lease.metadata.resourceVersion !== object.metadata.resourceVersion) seen.set(uid, { lease: object, at: now() });
  };
  const others = (): readonly string[] => {
    const gone = new Set(silent());
    const there = [...seen.values()].filter(({ lease }) => !gone.has(lease)).flatMap(({ lease }) => holderOf(lease) ?? []);
    return [...new Set(there)].sort();
  };

  return {
    observe,
    others,
    async leave() {
      ending.abort();
      await running;
      try {
        await client.delete(ref, { timeoutMs: durationMs / 3 });
      } catch (error) {
        if (!isApiError(error, 404)) onProblem?.(error);
      }
      try {
        const selector = `${PEER_LABEL}=${group}`;
        const { items } = await client.list<Lease>(LEASES, { namespace, labelSelector: selector, timeoutMs: durationMs / 3 });
        const present = new Set(items.map(({ metadata }) => metadata.uid));
        for (const uid of seen.keys()) if (!present.has(uid)) seen.delete(uid);
        for (const object of items) observe({ type: 'added', object });
      } catch (error) {
        onProblem?.(error);
      }
      return others();
    },
    abandon: () => ending.abort(),
  };
}

function lifeOf(lease: Lease, otherwise: number): number {
  const seconds = lease.spec?.leaseDurationSeconds ?? 0;
  return seconds > 0 ? seconds * 1000 : otherwise;
}

/** Identities may hold what a name may not. */
function leaseName(group: string, identity: string): string {
  const plain = identity.toLowerCase().replace(/[^a-z0-9.-]+/g, '-');
  return `${group}-${plain}`.slice(0, 253).replace(/[^a-z0-9]+$/, '');
}
