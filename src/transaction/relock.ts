import { isApiError } from '../kube/errors.ts';
import { inParallel } from '../kube/limit.ts';
import { parseLockLabel } from '../lock/label.ts';
import type { KubeObject } from '../kube/object.ts';
import { acting } from './acting.ts';
import { byPatchOrPut } from './by-patch-or-put.ts';
import { LOCK_MANAGER } from './field-manager.ts';
import { labelOf, lockOn, LOCK_POINTER, withLabel } from './lock-label.ts';
import { readOrNone } from './read.ts';
import { grantTargetOf, refOf } from './target.ts';
import type { Work } from './work.ts';

/** How often an object is looked at again whose label changes while it is being taken over. */
const TRIES = 10;

/**
 * Takes over every object that carries a label of an earlier attempt of this transaction, by writing the label of the
 * current one over exactly that value: from then on no write of the earlier executor lands.
 * @returns the targets found with a label of ours; `work.live` holds them as our own writes returned them
 */
export async function relock(work: Work, indexes: readonly number[]): Promise<ReadonlySet<number>> {
  const { found, failed } = await relockEach(work, indexes);
  for (const error of failed.values()) throw error;
  return found;
}

/** As `relock`, with what could not be taken over beside what was. */
export async function relockEach(
  work: Work,
  indexes: readonly number[] = [...work.record.targets.keys()],
): Promise<{ readonly found: ReadonlySet<number>; readonly failed: ReadonlyMap<number, Error> }> {
  const outcomes = await inParallel(indexes, work.context.settings.concurrency, (index) => relockOne(work, index));
  const found = new Set(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' && outcome.value ? [outcome.item] : [])));
  const failed = new Map(
    outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [[outcome.item, outcome.reason as Error] as const] : [])),
  );
  return { found, failed };
}

async function relockOne(work: Work, index: number, tries = TRIES): Promise<boolean> {
  const target = work.target(index);
  const current = await readOrNone(work, index);
  const label = current === undefined ? undefined : ownLock(work, current);
  if (current === undefined || label === undefined) return false;
  const { uid = '' } = current.metadata;
  const createdByUs = label.includes('.c-');
  const next = labelOf(work.record, target, createdByUs ? undefined : uid);
  try {
    // Ours of this attempt already: an earlier try of this very write landed, and its answer was lost.
    const object = label === next ? current : await writeOver(work, index, current, label, next);
    work.live.set(index, { uid, createdByUs, object });
    if (!createdByUs) work.tried.set(index, uid);
    return true;
  } catch (error) {
    // The label changed between the two requests: an unanswered write of the earlier executor ended. Look again.
    if (isApiError(error, 409, 422) && tries > 1) return relockOne(work, index, tries - 1);
    if (isApiError(error, 404)) return false;
    throw error;
  }
}

/** The lock of an earlier attempt of this transaction that an object carries. One that the commit made void is none: whoever came since was free to write. */
function ownLock(work: Work, object: KubeObject): string | undefined {
  const label = lockOn(object);
  const parsed = label === undefined ? undefined : parseLockLabel(label);
  if (parsed === undefined || parsed.transaction !== work.record.transaction.uid) return undefined;
  return parsed.attempt > (work.record.voidThrough ?? 0) ? label : undefined;
}

/** Writes the label of this attempt over exactly that one. */
async function writeOver(work: Work, index: number, current: KubeObject, label: string, next: string): Promise<KubeObject> {
  const target = work.target(index);
  const ref = refOf(target);
  const { uid = '' } = current.metadata;
  const operations = [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path: LOCK_POINTER, value: label },
    { op: 'replace', path: LOCK_POINTER, value: next },
  ] as const;
  const written = await acting(work.context, work.record, { action: 'lock', target: grantTargetOf(target, uid) }, (as) =>
    byPatchOrPut(
      target,
      () => work.context.client.patch(ref, { type: 'json', operations }, { as, fieldManager: LOCK_MANAGER }),
      () => work.context.client.update(ref, withLabel(current, next), { as, fieldManager: LOCK_MANAGER }),
    ),
  );
  return written.object;
}
