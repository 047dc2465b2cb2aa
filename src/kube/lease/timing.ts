/** How long what takes in an election; milliseconds. */
export interface Timing {
  /** How long others leave the holder alone after they last saw it renew. */
  readonly leaseDurationMs: number;
  /** How long the holder goes on leading after its last renewal that was answered. */
  readonly renewDeadlineMs: number;
  /** Between two renewals of the holder, and between two looks of the others. */
  readonly retryPeriodMs: number;
}

/** As client-go's controllers have it. */
export const DEFAULT_TIMING: Timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

/** A Lease holds whole seconds. */
const SHORTEST_MS = 1_000;
/** Pauses are lengthened by up to a fifth, so that replicas that were started together do not go in step. */
export const JITTER = 0.2;

/**
 * What is wrong with these times, in words; undefined where nothing is. The deadline must leave time for a second try, and
 * lease and deadline are apart by what clocks may run differently.
 */
export function timingFault({ leaseDurationMs, renewDeadlineMs, retryPeriodMs }: Timing): string | undefined {
  if (leaseDurationMs < SHORTEST_MS) return 'the lease duration must be at least 1s';
  if (renewDeadlineMs >= leaseDurationMs) return 'the renew deadline must be shorter than the lease duration';
  if (retryPeriodMs * (1 + JITTER) >= renewDeadlineMs)
    return 'the retry period must be shorter than the renew deadline, by a sixth at least';
  return undefined;
}
