import { refuseGrant } from '../../refuse.ts';
import type { Rule } from '../../rule.ts';

export const grantOtherUse: Rule = {
  name: 'grant-other-use',
  reason: 'A grant that came this far is good for something else than to create an object: denied, as whatever does not fit its grant.',
  decide: (situation) =>
    situation.grant.state === 'verified' ? refuseGrant('grant-other-use', situation, 'it is not good for a create') : undefined,
};
