import { decideOn } from '../decision.ts';
import type { Decision } from '../denial.ts';
import type { GrantState } from '../grant-verifier.ts';
import { locksOf, type DecisionInput } from '../situation.ts';
import { GUARD_RULES } from './rules/index.ts';

/** Everything a guard answers from. */
export interface GuardInput extends DecisionInput {
  /** uid of the Transaction whose guard the request has met. */
  readonly holder: string;
}

/** Whether a request that has met a guard may go on: as pure and as safe as the decision on a locked object. */
export function decideGuard(input: GuardInput): Decision {
  return decideOn(GUARD_RULES, () => ({ ...input, locks: locksOf(input.review) }));
}

/** The uids of the transactions whose records `decideGuard` will look at; each costs a request. */
export function guardLookups(holder: string, grant: GrantState): readonly string[] {
  if (grant.state === 'none') return [holder];
  if (grant.state === 'faulty') return [];
  const { action, transaction } = grant.claims;
  return action === 'create' || action === 'recreate' ? [...new Set([holder, transaction])] : [];
}
