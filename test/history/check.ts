import { allOrNothing } from './checks/all-or-nothing.ts';
import { asFound } from './checks/as-found.ts';
import { ended } from './checks/ended.ts';
import { locksHold } from './checks/locks-hold.ts';
import { nothingLeft } from './checks/nothing-left.ts';
import { quietAfterEnd } from './checks/quiet-after-end.ts';
import { recordsInOrder } from './checks/records-in-order.ts';
import { whole } from './checks/whole.ts';
import { timelineOf, type Check, type History, type Violation } from './history.ts';

const CHECKS: readonly Check[] = [whole, locksHold, recordsInOrder, allOrNothing, asFound, quietAfterEnd, ended, nothingLeft];

/** Everything in a history that must not have happened: plain data in, plain data out. */
export function violationsIn(history: History): readonly Violation[] {
  const timeline = timelineOf(history);
  return CHECKS.flatMap((check) => check(timeline));
}
