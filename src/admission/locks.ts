import { decide } from '../lock/decision.ts';
import type { Decision } from '../lock/denial.ts';
import { statusOf } from '../lock/denial.ts';
import type { GrantVerifier } from '../lock/grant-verifier.ts';
import { grantOf } from '../lock/grant-verifier.ts';
import { lookupsNeeded } from '../lock/lookups.ts';
import type { RecordLookup } from '../lock/record.ts';
import type { Review } from '../lock/review.ts';
import { parseReview, UnreadableReviewError } from '../lock/review.ts';
import type { DecisionInput } from '../lock/situation.ts';
import type { Handler } from './handle.ts';
import type { ReviewedObject } from './review.ts';
import type { Verdict } from './verdict.ts';

export interface LockGuard {
  /** A verifier over the keys as they are now. */
  readonly verifier: () => GrantVerifier;
  /** A record, read after the call. */
  readonly lookup: (transaction: string) => Promise<RecordLookup>;
  readonly controllers: DecisionInput['controllers'];
  readonly now: () => Date;
}

/** Handler that decides on writes to locked objects: reads the review, its grant and the records it needs, and asks `decide`. */
export function validateLocks(guard: LockGuard): Handler {
  return async (request) => {
    const review = readReview(request.raw);
    if ('allowed' in review) return review;
    const grant = await grantOf(review.user, guard.verifier(), guard.now());
    const lookups = await Promise.all(lookupsNeeded(review, grant).map(async (uid) => [uid, await guard.lookup(uid)] as const));
    return toVerdict(decide({ review, grant, lookups: new Map(lookups), now: guard.now(), controllers: guard.controllers }));
  };
}

function readReview(raw: ReviewedObject): Review | Extract<Verdict, { allowed: false }> {
  try {
    return parseReview(raw);
  } catch (error) {
    if (!(error instanceof UnreadableReviewError)) throw error;
    return { allowed: false, rule: 'malformed', status: { code: 400, reason: 'BadRequest', message: error.message } };
  }
}

function toVerdict(decision: Decision): Verdict {
  if (decision.allow) return { allowed: true, rule: decision.rule };
  const { rule, error } = decision;
  return { allowed: false, rule, status: statusOf(decision), ...(error === undefined ? {} : { error }) };
}
