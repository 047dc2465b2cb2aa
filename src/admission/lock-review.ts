import type { Decision } from '../lock/denial.ts';
import { statusOf } from '../lock/denial.ts';
import type { Review } from '../lock/review.ts';
import { parseReview, UnreadableReviewError } from '../lock/review.ts';
import type { ReviewedObject } from './review.ts';
import type { Denied, Verdict } from './verdict.ts';

/** The request as the rules of locks read it, or the denial of one that no API server sends. */
export function readReview(raw: ReviewedObject): Review | Denied {
  try {
    return parseReview(raw);
  } catch (error) {
    if (!(error instanceof UnreadableReviewError)) throw error;
    return { allowed: false, rule: 'malformed', status: { code: 400, reason: 'BadRequest', message: error.message } };
  }
}

/** What the rules of locks decided, as a verdict. */
export function toVerdict(decision: Decision): Verdict {
  if (decision.allow) return { allowed: true, rule: decision.rule };
  const { rule, error } = decision;
  return { allowed: false, rule, status: statusOf(decision), ...(error === undefined ? {} : { error }) };
}
