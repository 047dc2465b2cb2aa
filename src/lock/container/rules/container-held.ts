import { refuseWrite } from '../../refuse.ts';
import type { Rule } from '../../rule.ts';
import { harmTo } from '../harm.ts';
import type { OpenRecord } from '../records.ts';
import type { ContainerSituation } from '../situation.ts';

export const containerHeld: Rule<ContainerSituation> = {
  name: 'container-held',
  reason:
    "An open transaction has a target in the Namespace or lives in it (in Janus's own namespace: keeps its record in it), or has a target of the kind that the CustomResourceDefinition defines, in a version that the write would harm: denied with who holds it, in the manner of a lock. The transaction itself passes with a grant for this very write.",
  decide: (situation) => {
    const { review, open, systemNamespace } = situation;
    if (open.found !== 'records') return undefined;
    for (const { record, progress } of open.records.filter((one) => !isOwn(situation, one))) {
      const harm = harmTo(record, review, systemNamespace);
      if (harm === undefined) continue;
      const held = { record, progress, target: harm.target };
      return refuseWrite('container-held', situation, held, { what: 'container', words: harm.words });
    }
    return undefined;
  },
};

// A transaction may delete, in its last order, the Namespace whose objects it has changed, and undo that it created one.
function isOwn({ grant }: ContainerSituation, { record }: OpenRecord): boolean {
  return grant.state === 'verified' && grant.claims.transaction === record.transaction.uid;
}
