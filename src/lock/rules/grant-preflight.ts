import { allow } from '../denial.ts';
import { refuseGrant } from '../refuse.ts';
import type { Rule } from '../rule.ts';

export const grantPreflight: Rule = {
  name: 'grant-preflight',
  reason:
    "A dry run of the granted object is allowed, over others' locks too, since nothing is written and a transaction must be able to plan while it waits. Anything but a dry run is denied.",
  decide: (situation) => {
    if (situation.grant.state !== 'verified' || situation.grant.claims.action !== 'preflight') return undefined;
    return situation.review.dryRun ? allow('grant-preflight') : refuseGrant('grant-preflight', situation, 'it is good for dry runs only');
  },
};
