import { electionIdentity } from '../kube/lease/identity.ts';
import { leaderGuard } from '../kube/lease/leader-guard.ts';
import { formatDuration } from '../api/duration.ts';
import { pause } from '../kube/pause.ts';
import type { RunningExecutor } from './executor.ts';
import { LEADER_LEASE, startLeases, type LeaseParts } from './leases.ts';
import type { Metrics } from './metrics.ts';

/** How long a replica that hands over waits for its requests to come back before it lets the next one begin; milliseconds. */
const LET_GO_MS = 250;

export interface LeadershipParts extends Omit<LeaseParts, 'identity' | 'onLeading'> {
  readonly metrics: Metrics;
  /** Begins what only the leader does; `mayAct` throws once it is not the leader any more. */
  readonly begin: (mayAct: () => void) => RunningExecutor;
}

/** Whether this process carries transactions out, and the executor while it does. */
export interface Leadership {
  readonly identity: string;
  leading(): boolean;
  /** Who else leads and what is waited for, in words; undefined where this process leads. */
  standingBy(): string | undefined;
  /** Who else is there, as far as it was noticed. */
  others(): readonly string[];
  /** Tells the other replicas that this one leaves. Returns who they are. */
  leave(): Promise<readonly string[]>;
  /** Gives what is running up to `graceMs` to end, and lets the next replica begin. */
  handOver(graceMs: number): Promise<void>;
  /** Leaves everything as it is, as a crash would. */
  abandon(): void;
}

/**
 * Stands for election, and resolves after the first try: where nobody else held the Lease, the executor runs by then. The
 * Lease only decides who tries: what keeps a replica that was deposed from doing harm is the attempt in each record.
 */
export async function startLeadership(parts: LeadershipParts): Promise<Leadership> {
  const { systemNamespace, timing, log, metrics } = parts;
  const identity = electionIdentity();
  let executor: RunningExecutor | undefined;
  let leaving = false;
  const guard = leaderGuard(() => leases.election);
  const onLeading = (term: AbortSignal): void => {
    guard.onLeading(term);
    const begun = parts.begin(() => guard.check());
    executor = begun;
    const end = (): void => {
      begun.abandon();
      if (!leaving) log.warn({ identity }, (term.reason as Error).message);
    };
    if (term.aborted) end();
    else term.addEventListener('abort', end, { once: true });
  };
  const leases = startLeases({ ...parts, identity, onLeading });
  const { election, peers } = leases;
  metrics.measure('janus_leader', () => [{ labels: {}, value: election.leading() ? 1 : 0 }]);
  await election.tried;
  return {
    identity,
    leading: () => election.leading(),
    standingBy: () =>
      election.leading()
        ? undefined
        : `${election.holder() ?? 'nobody yet'} carries transactions out; this one takes over as soon as the Lease ` +
          `${systemNamespace}/${LEADER_LEASE} is given back, or was not renewed for ${formatDuration(timing.leaseDurationMs)}`,
    others: () => peers.others(),
    leave: () => peers.leave(),
    async handOver(graceMs) {
      leaving = true;
      const stopped = executor?.stop(graceMs) ?? Promise.resolve();
      await (graceMs === 0 ? Promise.race([stopped, pause(LET_GO_MS)]) : stopped);
      await election.release();
      leases.stop();
      await stopped;
    },
    abandon() {
      leaving = true;
      election.abandon();
      peers.abandon();
      leases.stop();
      executor?.abandon();
    },
  };
}
