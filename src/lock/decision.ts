import { forbid, type Decision } from './denial.ts';
import type { Rule } from './rule.ts';
import { RULES } from './rules/index.ts';
import { locksOf, type DecisionInput, type Situation } from './situation.ts';

/**
 * Whether a write may happen: a pure function of the review, the grant that came with it, and the records of the transactions
 * that `lookupsNeeded` named. Never throws: an exception inside is a denial, and so is a question that no rule answers.
 */
export function decide(input: DecisionInput): Decision {
  return decideBy(RULES, input);
}

/** The same by other rules. */
export function decideBy(rules: readonly Rule[], input: DecisionInput): Decision {
  return decideOn(rules, () => ({ ...input, locks: locksOf(input.review) }));
}

/** Asks rules in order. Never throws, whatever they or the making of what they look at do. */
export function decideOn<S extends Situation>(rules: readonly Rule<S>[], situationOf: () => S): Decision {
  try {
    const situation = situationOf();
    for (const rule of rules) {
      const decision = rule.decide(situation);
      if (decision !== undefined) return decision;
    }
    return forbid('undecided', 'No rule of Janus says whether this write may happen, so it is refused: please report this.');
  } catch (error) {
    return {
      allow: false,
      rule: 'exception',
      code: 500,
      reason: 'InternalError',
      message: 'Janus could not decide whether this write may happen, so it is refused: see the log of Janus for why.',
      error,
    };
  }
}
