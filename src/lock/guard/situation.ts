import type { RecordTarget } from '../record.ts';
import type { Review } from '../review.ts';
import { lookupOf, targetOf, type HeldLock, type Situation } from '../situation.ts';
import { isGuarded, type GuardedWay } from './need.ts';

/** What the rules of guards look at. */
export interface GuardSituation extends Situation {
  /** uid of the Transaction whose guard the request has met. */
  readonly holder: string;
}

/** Which guarded way a request takes; undefined for one that takes none. */
export function wayOf({ operation, subresource }: Review): GuardedWay | undefined {
  if (subresource === 'scale') return 'scale';
  if (subresource === 'eviction') return 'eviction';
  return subresource === '' && operation === 'CREATE' ? 'name' : undefined;
}

/** What the holder's record says of the way the request takes: undefined where it is open. */
export function closedWay(situation: GuardSituation): (HeldLock & { readonly target: RecordTarget; readonly way: GuardedWay }) | undefined {
  const way = wayOf(situation.review);
  const lookup = lookupOf(situation, situation.holder);
  if (way === undefined || lookup.found !== 'record') return undefined;
  const target = targetOf(lookup.record, situation.locks.object);
  if (target === undefined || !isGuarded(lookup.record, target, way)) return undefined;
  return { record: lookup.record, progress: lookup.progress, target, way };
}
