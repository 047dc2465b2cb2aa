import { decideGuard, guardLookups } from '../../lock/guard/decision.ts';
import { grantOf } from '../../lock/grant-verifier.ts';
import type { Handler } from '../handle.ts';
import { readReview, toVerdict } from '../lock-review.ts';
import type { LockGuard } from '../locks.ts';
import type { Verdict } from '../verdict.ts';
import { PROBE_PLACE } from '../webhook-parts.ts';

/**
 * Handler of the requests that met a guard. Which transaction's it was is told by the path: an entry of the configuration is of
 * one transaction, and knows nothing else that a review carries. The rest is told by the record, read after the request came.
 */
export function validateGuards(guard: Pick<LockGuard, 'verifier' | 'lookup' | 'controllers' | 'now'>): Handler {
  return async (request, holder = '') => {
    if (holder === PROBE_PLACE) return PROBED;
    const review = readReview(request.raw);
    if ('allowed' in review) return review;
    const grant = await grantOf(review.user, guard.verifier(), guard.now());
    const lookups = await Promise.all(guardLookups(holder, grant).map(async (uid) => [uid, await guard.lookup(uid)] as const));
    return toVerdict(decideGuard({ review, grant, holder, lookups: new Map(lookups), now: guard.now(), controllers: guard.controllers }));
  };
}

const PROBED: Verdict = {
  allowed: false,
  rule: 'guard-probe',
  status: {
    code: 403,
    reason: 'Forbidden',
    message: 'This is how Janus sees that its webhook configurations are in force: nothing is created under this name.',
  },
};
