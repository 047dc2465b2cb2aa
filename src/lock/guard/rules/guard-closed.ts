import { refuseWrite } from '../../refuse.ts';
import type { Rule } from '../../rule.ts';
import { closedWay, type GuardSituation } from '../situation.ts';

export const guardClosed: Rule<GuardSituation> = {
  name: 'guard-closed',
  reason:
    'A scale of an object whose number of replicas is locked, an eviction of a locked Pod, a create under a name that the transaction is about to create, or has deleted and may have to bring back: denied like a write to a locked object.',
  decide: (situation) => {
    const held = closedWay(situation);
    return held === undefined ? undefined : refuseWrite('guard-closed', situation, held, { what: held.way });
  },
};
