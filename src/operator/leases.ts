import { standForElection, type Election } from '../kube/lease/election.ts';
import { holderOf, LEASES, type Lease } from '../kube/lease/lease.ts';
import { joinPeers, type Peers } from '../kube/lease/peers.ts';
import type { Timing } from '../kube/lease/timing.ts';
import { watchResource } from '../kube/reflector.ts';
import type { Connection } from './connections.ts';
import type { Log } from './log.ts';
import { OWN_VERSION } from './own-version.ts';
import { markerRef } from './removal/marker.ts';

/** Name of the Lease whose holder carries transactions out. */
export const LEADER_LEASE = 'janus';
const LABELS = { 'app.kubernetes.io/name': 'janus' };
/** Label of each replica's own Lease: which version runs there. */
export const VERSION_LABEL = 'app.kubernetes.io/version';

export interface LeaseParts {
  readonly connection: Connection;
  readonly systemNamespace: string;
  readonly identity: string;
  readonly timing: Timing;
  readonly log: Log;
  readonly onLeading: (term: AbortSignal) => void;
  /** Janus is being removed. */
  readonly onRemoval?: () => void;
}

/** What this process does with Leases: it stands for election, says that it is there, and sees who else is. */
export interface Leases {
  readonly election: Election;
  readonly peers: Peers;
  stop(): void;
}

/** Begins all of it. A watch makes that a Lease which is given back is noticed at once; without it, each looks every now and then. */
export function startLeases({ connection, systemNamespace, identity, timing, log, onLeading, onRemoval }: LeaseParts): Leases {
  const { client, transport } = connection;
  const ending = new AbortController();
  const onProblem = (error: unknown): void => log.warn({ error }, 'a request about Leases failed and is tried again');
  const common = { client, namespace: systemNamespace, identity, labels: LABELS, onProblem };
  const election = standForElection({
    ...common,
    name: LEADER_LEASE,
    timing,
    onLeading,
    onHolder: (holder) => log.info({ holder, identity }, holder === undefined ? 'nobody leads' : `${holder} leads`),
  });
  const peers = joinPeers({
    ...common,
    labels: { ...LABELS, [VERSION_LABEL]: OWN_VERSION },
    group: 'janus',
    durationMs: timing.leaseDurationMs,
  });
  watchResource<Lease>({
    client,
    transport,
    kind: LEASES,
    namespace: systemNamespace,
    labelSelector: 'app.kubernetes.io/name=janus',
    signal: ending.signal,
    onProblem,
    onEvent: (event) => {
      peers.observe(event);
      if (event.type !== 'deleted' && event.object.metadata.name === markerRef(systemNamespace).name) onRemoval?.();
      if (event.object.metadata.name !== LEADER_LEASE) return;
      const holder = event.type === 'deleted' ? undefined : holderOf(event.object);
      if (holder !== election.holder()) election.look();
    },
  });
  return { election, peers, stop: () => ending.abort() };
}
