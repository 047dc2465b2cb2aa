import type { Rule } from '../rule.ts';
import { bindingLabel } from './binding-label.ts';
import { fieldsUntouched } from './fields-untouched.ts';
import { forcedUnlock } from './forced-unlock.ts';
import { grantApply } from './grant-apply.ts';
import { grantBound } from './grant-bound.ts';
import { grantCreate } from './grant-create.ts';
import { grantDelete } from './grant-delete.ts';
import { grantFaulty } from './grant-faulty.ts';
import { grantLock } from './grant-lock.ts';
import { grantPreflight } from './grant-preflight.ts';
import { grantRecord } from './grant-record.ts';
import { grantUnlock } from './grant-unlock.ts';
import { held } from './held.ts';
import { labelAdded } from './label-added.ts';
import { noChange } from './no-change.ts';
import { notLocked } from './not-locked.ts';
import { ownDelete } from './own-delete.ts';
import { recordUnreadable } from './record-unreadable.ts';
import { statusMetadata } from './status-metadata.ts';
import { statusOnly } from './status-only.ts';
import { voidLock } from './void-lock.ts';

/** The rules in the order in which they are asked. Whoever carries a grant is done with after the first nine. */
export const RULES: readonly Rule[] = [
  grantFaulty,
  grantBound,
  grantPreflight,
  grantRecord,
  grantLock,
  grantApply,
  grantCreate,
  grantDelete,
  grantUnlock,
  bindingLabel,
  notLocked,
  noChange,
  labelAdded,
  statusOnly,
  forcedUnlock,
  recordUnreadable,
  voidLock,
  ownDelete,
  statusMetadata,
  fieldsUntouched,
  held,
];
