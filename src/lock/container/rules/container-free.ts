import { allow } from '../../denial.ts';
import type { Rule } from '../../rule.ts';
import type { ContainerSituation } from '../situation.ts';

export const containerFree: Rule<ContainerSituation> = {
  name: 'container-free',
  reason: 'No open transaction would lose anything: allowed.',
  decide: () => allow('container-free'),
};
