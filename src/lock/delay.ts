import type { LockRecord, Progress } from './record.ts';

/**
 * A client asks again ten times, and each time it is told anew. Half of what is left each time ends at the end: a smaller part,
 * however often it is waited, comes ever closer and never there.
 */
const PART = 1 / 2;
const RETRY_MAX_SECONDS = 60;

/**
 * Seconds that a lock is expected to hold yet. While changes are being made, the rest takes as long per change as what is done did;
 * before the first and after the last (waiting for health), as long again as it has lasted: for a process of unknown length
 * that is the median. While the deadline lies ahead, it is no longer than to there.
 */
export function expectedRemainingSeconds(
  record: Pick<LockRecord, 'lockedSince' | 'deadline' | 'phase'>,
  progress: Progress | undefined,
  now: Date,
): number {
  const elapsed = secondsBetween(record.lockedSince, now);
  const guess =
    record.phase === 'Committing' && progress !== undefined && progress.committed > 0 && progress.committed < progress.total
      ? (elapsed * (progress.total - progress.committed)) / progress.committed
      : elapsed;
  const untilDeadline = (Date.parse(record.deadline) - now.getTime()) / 1000;
  return untilDeadline > 0 ? Math.min(guess, untilDeadline) : guess;
}

/** What a delayed client is told to wait before it asks again: 1 to 60 whole seconds. */
export function retryAfterSeconds(remainingSeconds: number): number {
  const wait = Math.ceil(remainingSeconds * PART);
  return Number.isFinite(wait) ? Math.min(RETRY_MAX_SECONDS, Math.max(1, wait)) : RETRY_MAX_SECONDS;
}

// A time that can't be read counts as just now: the client asks again soon rather than late.
function secondsBetween(from: string, now: Date): number {
  const seconds = (now.getTime() - Date.parse(from)) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}
