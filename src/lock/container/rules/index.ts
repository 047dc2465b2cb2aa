import type { Rule } from '../../rule.ts';
import { grantBound } from '../../rules/grant-bound.ts';
import { grantFaulty } from '../../rules/grant-faulty.ts';
import type { ContainerSituation } from '../situation.ts';
import { containerFree } from './container-free.ts';
import { containerHeld } from './container-held.ts';
import { containerUnharmed } from './container-unharmed.ts';
import { recordsUnreadable } from './records-unreadable.ts';

/** The rules in the order in which they are asked. */
export const CONTAINER_RULES: readonly Rule<ContainerSituation>[] = [
  containerUnharmed,
  grantFaulty,
  grantBound,
  recordsUnreadable,
  containerHeld,
  containerFree,
];
