import { allow } from '../../denial.ts';
import type { Rule } from '../../rule.ts';
import { mayHarm } from '../harm.ts';
import type { ContainerSituation } from '../situation.ts';

export const containerUnharmed: Rule<ContainerSituation> = {
  name: 'container-unharmed',
  reason:
    'The write neither deletes a Namespace nor takes a finalizer that keeps it, nor does it delete a CustomResourceDefinition or change how its objects are served, stored or read: allowed, without a look at any record.',
  decide: ({ review }) => (mayHarm(review) ? undefined : allow('container-unharmed')),
};
