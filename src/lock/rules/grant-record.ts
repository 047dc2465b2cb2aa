import type { GrantAction } from '../claims.ts';
import { unavailable } from '../denial.ts';
import { printable, wordsForObject } from '../message.ts';
import type { RecordPhase } from '../record.ts';
import { refuseGrant } from '../refuse.ts';
import type { Rule } from '../rule.ts';
import { lookupOf } from '../situation.ts';

// Failed is open: what it did is still being undone, again and again until it succeeds.
const PHASES: Partial<Record<GrantAction, readonly RecordPhase[]>> = {
  lock: ['Preparing', 'Committing', 'RollingBack', 'Failed'],
  create: ['Preparing', 'Committing'],
  recreate: ['RollingBack', 'Failed'],
};

export const grantRecord: Rule = {
  name: 'grant-record',
  reason:
    'Locking and creating have no label to be fenced by, so the record must be open, in a phase in which that is done, and of the attempt in the grant: else a deposed executor could lock or create for a transaction that has ended. Denied too where the record can not be read.',
  decide: (situation) => {
    if (situation.grant.state !== 'verified') return undefined;
    const { action, transaction, attempt } = situation.grant.claims;
    const phases = PHASES[action];
    if (phases === undefined) return undefined;
    const lookup = lookupOf(situation, transaction);
    if (lookup.found === 'unreadable') {
      const object = wordsForObject(situation.review, situation.locks.object);
      return unavailable(
        'grant-record',
        `${object}: the record of transaction ${transaction} could not be read, so nothing is done for it: ${printable(lookup.why)}. It is tried again.`,
      );
    }
    if (lookup.found === 'absent') return refuseGrant('grant-record', situation, 'its transaction has no record (any more)');
    const { record } = lookup;
    if (!phases.includes(record.phase)) return refuseGrant('grant-record', situation, `its transaction is ${record.phase}`);
    if (record.attempt !== attempt)
      return refuseGrant('grant-record', situation, `it is of attempt ${attempt}, and its transaction is in attempt ${record.attempt}`);
    return undefined;
  },
};
