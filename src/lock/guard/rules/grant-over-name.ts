import type { GrantClaims } from '../../claims.ts';
import { unavailable } from '../../denial.ts';
import { printable, wordsForObject } from '../../message.ts';
import type { LockRecord } from '../../record.ts';
import { refuseWrite } from '../../refuse.ts';
import type { Rule } from '../../rule.ts';
import { lookupOf, targetOf } from '../../situation.ts';
import { closedWay, type GuardSituation } from '../situation.ts';

export const grantOverName: Rule<GuardSituation> = {
  name: 'grant-over-name',
  reason:
    'Two transactions want the same name: the one that has had the object there and may have to bring it back comes first, and of two that only create it the older. The other is refused with who holds the name, and waits. So never do both refuse each other.',
  decide: (situation) => {
    const { grant, holder, review, locks } = situation;
    if (grant.state !== 'verified' || grant.claims.transaction === holder) return undefined;
    const lookup = lookupOf(situation, holder);
    if (lookup.found === 'unreadable') {
      return unavailable(
        'grant-over-name',
        `${wordsForObject(review, locks.object)}: transaction ${holder} has reserved the name, and whether it still does could not be found out: ${printable(lookup.why)}. It is tried again.`,
      );
    }
    const held = closedWay(situation);
    if (held === undefined || comesFirst(situation, grant.claims, held.record)) return undefined;
    return refuseWrite('grant-over-name', situation, held, { what: held.way });
  },
};

// The record of who asks was found by an earlier rule, or this one is not reached.
function comesFirst(situation: GuardSituation, { action, transaction }: GrantClaims, holding: LockRecord): boolean {
  const lookup = lookupOf(situation, transaction);
  if (lookup.found !== 'record') return false;
  const [mine, theirs] = [action === 'recreate' || deletes(situation, lookup.record), deletes(situation, holding)];
  return mine === theirs ? isOlder(lookup.record, holding) : mine;
}

function deletes({ locks }: GuardSituation, record: LockRecord): boolean {
  return targetOf(record, locks.object)?.changes.some(({ type }) => type === 'Delete') === true;
}

function isOlder(one: LockRecord, other: LockRecord): boolean {
  const [since, otherSince] = [Date.parse(one.lockedSince), Date.parse(other.lockedSince)];
  return since === otherSince ? one.transaction.uid < other.transaction.uid : since < otherSince;
}
