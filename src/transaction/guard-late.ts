import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../kube/object.ts';
import { isEmptySet } from '../lock/fields/set.ts';
import { takenFields } from '../lock/fields/touched-fields.ts';
import { ChangeFailedError } from './fault.ts';
import { raiseGuards } from './guard.ts';
import { readOrNone } from './read.ts';
import type { SagaTarget } from './record.ts';
import { describeTarget } from './target.ts';
import type { Work } from './work.ts';

/**
 * For objects that were locked before anything guarded their replicas: the lock has shown that more is locked than was written
 * (a mutating webhook's doing), or it was taken in a wait during which everything else was let go. Guards them, and looks
 * whether anybody has scaled in between.
 * @param described targets as the record is to keep them
 * @param early targets that are known to have been locked before their guard was up
 * @throws ChangeFailedError where somebody has
 */
export async function guardLate(
  work: Work,
  described: ReadonlyMap<number, SagaTarget | undefined>,
  early: ReadonlySet<number>,
): Promise<void> {
  const unrecorded = [...described].filter(([index, target]) => target?.scale === true && work.target(index).scale !== true);
  if (unrecorded.length > 0) {
    const anew = new Set(unrecorded.map(([index]) => index));
    await work.swap({ targets: work.record.targets.map((target, index) => (anew.has(index) ? { ...target, scale: true } : target)) });
    await raiseGuards(work);
  }
  const late = [...described].filter(
    ([index, target]) => target?.scale === true && (early.has(index) || unrecorded.some(([one]) => one === index)),
  );
  for (const [index, target] of late) {
    const [image, now] = [work.images.get(index), await readOrNone(work, index)];
    if (target === undefined || image === undefined || now === undefined || !isTouched(target, image, now)) continue;
    throw new ChangeFailedError(target.changes[0]?.name ?? '', `${describeTarget(target)} was scaled while it was being locked`);
  }
}

/** Beside the label's own lock only a scale can have changed anything of the spec. */
function isTouched({ scope, fields }: SagaTarget, before: KubeObject, now: KubeObject): boolean {
  if (scope === 'fields' && fields !== undefined) return !isEmptySet(takenFields(fields, before, now));
  return !isDeepStrictEqual(before['spec'], now['spec']);
}
