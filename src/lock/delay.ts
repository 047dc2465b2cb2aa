import type { LockRecord, Progress } from './record.ts';

/** client-go asks ten times; an eighth of the time per attempt leaves it two to spare. */
const ATTEMPTS = 8;
const RETRY_MAX_SECONDS = 30;

/**
 * Seconds that a lock is expected to hold yet. Where progress is known, the rest takes as long per change as what is done did;
 * where it is not, as long again as it has lasted: for a process of unknown length that is the median. While the deadline lies
 * ahead, it is no longer than to there.
 */
export function expectedRemainingSeconds(
  record: Pick<LockRecord, 'lockedSince' | 'deadline' | 'phase'>,
  progress: Progress | undefined,
  now: Date,
): number {
  const elapsed = secondsBetween(record.lockedSince, now);
  const guess =
    record.phase === 'Committing' && progress !== undefined && progress.committed > 0
      ? (elapsed * Math.max(0, progress.total - progress.committed)) / progress.committed
      : elapsed;
  const untilDeadline = (Date.parse(record.deadline) - now.getTime()) / 1000;
  return untilDeadline > 0 ? Math.min(guess, untilDeadline) : guess;
}

/** What a delayed client is told to wait before it asks again: 1 to 30 whole seconds. */
export function retryAfterSeconds(remainingSeconds: number): number {
  const wait = Math.ceil(remainingSeconds / ATTEMPTS);
  return Number.isFinite(wait) ? Math.min(RETRY_MAX_SECONDS, Math.max(1, wait)) : RETRY_MAX_SECONDS;
}

// A time that can't be read counts as just now: the client asks again soon rather than late.
function secondsBetween(from: string, now: Date): number {
  const seconds = (now.getTime() - Date.parse(from)) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}
