import type { Rule } from '../../rule.ts';
import { grantBound } from '../../rules/grant-bound.ts';
import { grantCreate } from '../../rules/grant-create.ts';
import { grantFaulty } from '../../rules/grant-faulty.ts';
import { grantPreflight } from '../../rules/grant-preflight.ts';
import { grantRecord } from '../../rules/grant-record.ts';
import { noChange } from '../../rules/no-change.ts';
import type { GuardSituation } from '../situation.ts';
import { grantOtherUse } from './grant-other-use.ts';
import { grantOverName } from './grant-over-name.ts';
import { guardClosed } from './guard-closed.ts';
import { guardOpen } from './guard-open.ts';
import { guardUnreadable } from './guard-unreadable.ts';

/** The rules by which guards answer, in order. Whoever carries a grant is done with after the first seven. */
export const GUARD_RULES: readonly Rule<GuardSituation>[] = [
  grantFaulty,
  grantBound,
  grantPreflight,
  grantRecord,
  grantOverName,
  grantCreate,
  grantOtherUse,
  noChange,
  guardUnreadable,
  guardOpen,
  guardClosed,
];
