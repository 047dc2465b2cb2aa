import { holderOf, type Lease } from './lease.ts';
import type { Timing } from './timing.ts';

/** A state of the Lease, and since when it is known here. */
export interface Sighting {
  /** Each write of anybody gives another one. */
  readonly version: string;
  readonly holder: string | undefined;
  /** For how long its holder claimed it; milliseconds. */
  readonly durationMs: number;
  /** When this state was first seen; milliseconds of the own monotonic clock. */
  readonly since: number;
}

/** All that one who stands for election knows. */
export interface Standing {
  readonly identity: string;
  readonly timing: Timing;
  /** Undefined where there is no Lease. */
  readonly sighting: Sighting | undefined;
  /** When the last write of ours that was answered had been sent, on the own monotonic clock; undefined for one who does not lead. */
  readonly renewedAt: number | undefined;
  /** The own monotonic clock. */
  readonly now: number;
}

/** What to do now. Times are of the own monotonic clock. */
export type Step =
  | { readonly do: 'acquire' }
  | { readonly do: 'renew' }
  | { readonly do: 'wait'; readonly until: number }
  | { readonly do: 'resign'; readonly because: string };

/**
 * Takes note of a state of the Lease. Only whether it has changed counts, and when that was noticed here: times that others
 * wrote are never compared with the own clock, so clocks may be set as they like.
 */
export function sight(before: Sighting | undefined, lease: Lease | undefined, timing: Timing, now: number): Sighting | undefined {
  if (lease === undefined) return undefined;
  const version = `${lease.metadata.uid ?? ''}/${lease.metadata.resourceVersion ?? ''}`;
  if (before?.version === version) return before;
  const seconds = lease.spec?.leaseDurationSeconds ?? 0;
  return { version, holder: holderOf(lease), durationMs: seconds > 0 ? seconds * 1000 : timing.leaseDurationMs, since: now };
}

/** When one who leads must stop to, if it does not renew before. */
export function leadsUntil(renewedAt: number, timing: Timing): number {
  return renewedAt + timing.renewDeadlineMs;
}

/**
 * The next step of one who stands for election. Of two whose clocks run no more differently than lease duration and renew
 * deadline are apart, at most one leads: the holder's time runs from before its write was sent, the others' from after they
 * saw it.
 */
export function decide({ identity, timing, sighting, renewedAt, now }: Standing): Step {
  if (renewedAt !== undefined) return keep(identity, timing, sighting, renewedAt, now);
  if (sighting?.holder === undefined) return { do: 'acquire' };
  // A claim of ours landed whose answer was lost.
  if (sighting.holder === identity) return { do: 'acquire' };
  const until = sighting.since + sighting.durationMs;
  return now >= until ? { do: 'acquire' } : { do: 'wait', until };
}

function keep(identity: string, timing: Timing, sighting: Sighting | undefined, renewedAt: number, now: number): Step {
  if (now >= leadsUntil(renewedAt, timing))
    return { do: 'resign', because: `it was not renewed for ${String(timing.renewDeadlineMs / 1000)} s` };
  if (sighting === undefined) return { do: 'resign', because: 'it was deleted' };
  if (sighting.holder === undefined) return { do: 'resign', because: 'it was taken away' };
  if (sighting.holder !== identity) return { do: 'resign', because: `${sighting.holder} holds it` };
  const next = renewedAt + timing.retryPeriodMs;
  return now >= next ? { do: 'renew' } : { do: 'wait', until: next };
}
