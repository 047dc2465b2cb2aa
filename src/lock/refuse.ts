import { mustNotWait } from './controllers.ts';
import { expectedRemainingSeconds, retryAfterSeconds } from './delay.ts';
import type { Denial, DenialCause } from './denial.ts';
import { lockedByCause } from './holder.ts';
import { refusalMessage, wordsForObject } from './message.ts';
import type { HeldLock, Situation } from './situation.ts';
import type { WriteFinding } from './write-finding.ts';

/** `reason` of the cause by which an executor learns that its own grant did not fit, and no lock or RBAC rule refused it. */
export const GRANT_REFUSED = 'GrantRefused';

/**
 * The refusal of a write by a lock that holds, in the manner of `spec.foreignWrites`: 423 `Locked` (with 409 kubectl retries for
 * seconds or advises `--force-conflicts`), or 429 with a time to wait. Dry runs, system identities and executors get the 423 in
 * any case, since the wait would hold their workers; and so does everybody while a failed transaction waits for a person.
 */
export function refuseWrite(rule: string, situation: Situation, held: HeldLock, finding: WriteFinding): Denial {
  const { review, now, locks } = situation;
  const causes = [lockedByCause(held.record)];
  const refusal = { review, object: locks.object, held, finding, now };
  if (!isDelayed(situation, held)) return { allow: false, rule, code: 423, reason: 'Locked', message: refusalMessage(refusal), causes };
  const seconds = retryAfterSeconds(expectedRemainingSeconds(held.record, held.progress, now));
  const message = refusalMessage({ ...refusal, retryAfterSeconds: seconds });
  return { allow: false, rule, code: 429, reason: 'TooManyRequests', message, retryAfterSeconds: seconds, causes };
}

/** 403 for a request that does not fit the grant it came with. */
export function refuseGrant(rule: string, { review, grant, locks }: Situation, words: string): Denial {
  const action = grant.state === 'verified' ? ` to ${grant.claims.action}` : '';
  const cause: DenialCause = { reason: GRANT_REFUSED, field: rule, message: words };
  const message = `${wordsForObject(review, locks.object)}: the request does not fit the grant${action} that came with it: ${words}.`;
  return { allow: false, rule, code: 403, reason: 'Forbidden', message, causes: [cause] };
}

function isDelayed({ review, grant, controllers }: Situation, { record }: HeldLock): boolean {
  return (
    record.foreignWrites === 'Delay' &&
    record.phase !== 'Failed' &&
    !review.dryRun &&
    grant.state === 'none' &&
    !mustNotWait(review.user, controllers)
  );
}
