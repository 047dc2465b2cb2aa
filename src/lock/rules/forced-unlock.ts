import { allow, forbid, unavailable } from '../denial.ts';
import { meansToUnlock, onlyUnlocks, UNLOCK_VERB } from '../forced-unlock.ts';
import { printable, wordsForObject } from '../message.ts';
import type { Rule } from '../rule.ts';
import { isVoid, lookupOf } from '../situation.ts';

export const forcedUnlock: Rule = {
  name: 'forced-unlock',
  reason:
    'An update whose field manager is `janus-unlock-<uid of the transaction>`, and which takes the label off and changes nothing else, breaks a lock that holds: allowed to whom RBAC gives the verb `unlock` on `transactions.tx.janus.io` in the namespace of the transaction (in all of them where the record can not be read), denied to everybody else. The field manager is the intent: without it even a cluster administrator meets the lock, so nobody breaks one by an ordinary edit. A label that is void needs no right.',
  decide: (situation) => {
    const { review, grant, locks } = situation;
    const { oldLock, object } = locks;
    if (oldLock === undefined || !meansToUnlock(review, grant, locks)) return undefined;
    const lookup = lookupOf(situation, oldLock.transaction);
    if (isVoid(oldLock, lookup)) return undefined;
    const words = wordsForObject(review, object);
    if (!onlyUnlocks(review, locks))
      return forbid(
        'forced-unlock',
        `${words}: a lock is broken by a write that takes its label off and does nothing else, and this one does more (by itself or by a mutating webhook).`,
      );
    const { namespace = '', name = oldLock.transaction } = lookup.found === 'record' ? lookup.record.transaction : {};
    const transaction = printable(namespace === '' ? name : `${namespace}/${name}`);
    switch (situation.unlockRight) {
      case 'granted':
        return allow('forced-unlock');
      case 'missing':
        return forbid(
          'forced-unlock',
          `${words}: ${printable(review.user.username)} may not break the locks of transaction ${transaction}: it takes the verb ${UNLOCK_VERB} on transactions.tx.janus.io ${namespace === '' ? 'in all namespaces, since its record can not be read' : `in namespace ${printable(namespace)}`}.`,
        );
      default:
        return unavailable(
          'forced-unlock',
          `${words}: whether ${printable(review.user.username)} may break the locks of transaction ${transaction} could not be found out. Try again.`,
        );
    }
  },
};
