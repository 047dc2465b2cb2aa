import { refuseGrant } from '../refuse.ts';
import type { Rule } from '../rule.ts';

export const grantFaulty: Rule = {
  name: 'grant-faulty',
  reason:
    'A grant came with the request and something is wrong with it: denied. It is never treated like none, since whoever sends one means to act for a transaction, and a stale executor must not get through as a stranger.',
  decide: (situation) => (situation.grant.state === 'faulty' ? refuseGrant('grant-faulty', situation, situation.grant.words) : undefined),
};
