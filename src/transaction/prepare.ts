import { changedFields } from '../lock/fields/changed.ts';
import { unionOf } from '../lock/fields/set.ts';
import type { FieldsV1, KubeObject } from '../kube/object.ts';
import { acquireLocks, type LockRequest } from './lock.ts';
import type { LockedObject } from './locked-object.ts';
import { beforeImageOf } from './before-image.ts';
import { raiseGuards } from './guard.ts';
import { guardLate } from './guard-late.ts';
import type { Plan } from './plan.ts';
import { preflight, type PreflightedTarget } from './preflight.ts';
import type { SagaTarget } from './record.ts';
import { isScaleLocked } from './scale-lock.ts';
import { contestedIn, waitOrLetGo } from './wait-die.ts';
import type { Work } from './work.ts';

export { letGo } from './let-go.ts';

/** Takes the before-images of objects whose label an earlier executor has set, and ours has just written over: nobody has written since. */
export function imagesOfRelocked(work: Work, indexes: Iterable<number>): void {
  for (const index of indexes) {
    const live = work.live.get(index);
    if (live !== undefined && !work.images.has(index)) work.images.set(index, beforeImageOf(live.object, work.record.transaction));
  }
}

/**
 * Locks objects and takes their before-images: dry run, lock, and what the lock's own answer says the object was. Where
 * another transaction holds one, the older waits and the younger lets go (wait-die), so that two that cross never stand
 * still. Leaves `work.live` and `work.images` filled and returns the targets as the record is to keep them.
 * @param made the changes of orders below this one are made
 * @throws PlanFaultError, ChangeFailedError, ImpossibleError
 */
export async function prepare(work: Work, plan: Plan, indexes: readonly number[], made?: number): Promise<readonly SagaTarget[]> {
  const deadline = work.context.now() + work.run.settings.lockTimeoutMs;
  let seen = await preflight(work.run, plan, work.record, indexes, made);
  const early = new Set<number>();
  for (let round = 0; ; round += 1) {
    const missing = seen.filter((one) => one.live !== undefined && !work.live.has(one.index));
    await recordTargets(work, seen, missing);
    await raiseGuards(work);
    const requests = missing.map(requestFor);
    for (const { index, uid } of requests) work.tried.set(index, uid);
    const mark = work.context.released.mark();
    const { locked, failures } = await acquireLocks(work.run, work.record, requests);
    for (const one of locked) keep(work, one);
    const contested = contestedIn(failures, requests);
    if (contested.length === 0) {
      seen = await seenAgain(
        work,
        plan,
        seen,
        locked.filter((one) => one.moved),
        made,
      );
      for (const one of seen) if (one.deferred) work.deferred.add(one.index);
      const described = await Promise.all(seen.map((one) => describe(work, one)));
      await guardLate(work, new Map(seen.map(({ index }, at) => [index, described[at]])), early);
      return described;
    }
    const waited = await waitOrLetGo(work, contested, { round, mark, deadline });
    if (waited.got !== undefined) keep(work, waited.got);
    if (waited.got !== undefined && waited.letGo) early.add(waited.got.index);
    // What others held they have changed meanwhile.
    const stale = [...locked.filter((one) => one.moved), ...contested.map(({ request }) => request)];
    seen = waited.letGo ? await preflight(work.run, plan, work.record, indexes, made) : await seenAgain(work, plan, seen, stale, made);
  }
}

/**
 * The record is there before the first label is: a label whose record is missing is void. It names the very objects that are to
 * be locked, and tells which of them are to be guarded against scaling, as far as dry runs have shown.
 */
async function recordTargets(work: Work, seen: readonly PreflightedTarget[], missing: readonly PreflightedTarget[]): Promise<void> {
  const uids = new Map(missing.map((one) => [one.index, one.live?.uid]));
  const scaled = new Map(await Promise.all(seen.map(async (one) => [one.index, await wouldLockScale(work, one)] as const)));
  const targets = work.record.targets.map((target, index) => {
    const uid = uids.get(index);
    return withScale(uid === undefined ? target : { ...target, uid }, scaled.get(index) ?? target.scale);
  });
  const isOther = (index: number): boolean => work.target(index).uid !== undefined && work.target(index).uid !== uids.get(index);
  const isScaledAnew = targets.some(({ scale }, index) => scale !== work.record.targets[index]?.scale);
  if (work.recorded && !isScaledAnew && ![...uids.keys()].some(isOther)) return;
  await work.swap({ targets });
}

function wouldLockScale(work: Work, { index, deferred, outcomes }: PreflightedTarget): Promise<boolean> {
  const fields = deferred || outcomes.length === 0 ? undefined : unionOf(...outcomes.map(({ written }) => written));
  const { kind, scope, name } = work.target(index);
  return isScaleLocked(work.context, { kind, name, scope, fields });
}

function withScale({ scale: _scale, ...target }: SagaTarget, scale: boolean | undefined): SagaTarget {
  return scale === true ? { ...target, scale } : target;
}

function requestFor(one: PreflightedTarget): LockRequest {
  return { index: one.index, uid: one.live?.uid ?? '', ...(one.live === undefined ? {} : { resourceVersion: one.live.resourceVersion }) };
}

/** The lock's own answer is the before-image: nobody can have written in between. */
function keep(work: Work, locked: LockedObject): void {
  const { object, index } = locked;
  work.hold(locked);
  work.images.set(index, beforeImageOf(object, work.record.transaction));
}

/** What a dry run told of an object that has changed since is asked again. */
async function seenAgain(
  work: Work,
  plan: Plan,
  seen: readonly PreflightedTarget[],
  changed: readonly { readonly index: number }[],
  made?: number,
): Promise<readonly PreflightedTarget[]> {
  if (changed.length === 0) return seen;
  const indexes = changed.map(({ index }) => index);
  const fresh = new Map((await preflight(work.run, plan, work.record, indexes, made)).map((one) => [one.index, one]));
  return seen.map((one) => fresh.get(one.index) ?? one);
}

async function describe(work: Work, seen: PreflightedTarget): Promise<SagaTarget> {
  const target = work.target(seen.index);
  const live = work.live.get(seen.index);
  const fields = target.scope === 'fields' ? lockedFields(work.images.get(seen.index), seen) : undefined;
  const described = {
    ...target,
    ...(live === undefined ? {} : { uid: live.uid }),
    ...(fields === undefined ? {} : { fields }),
    ...(seen.deferred ? { deferred: true } : {}),
  };
  return withScale(described, await isScaleLocked(work.context, described));
}

/**
 * What a Patch or Create locks: the fields it wrote, and every path that differs between the object as it was locked and
 * as the dry run would leave it (defaults, mutating webhooks). Where a dry run could not tell, the whole object is held.
 */
function lockedFields(image: KubeObject | undefined, seen: PreflightedTarget): FieldsV1 | undefined {
  if (seen.deferred || seen.outcomes.length === 0) return undefined;
  const written = seen.outcomes.map((outcome) => outcome.written);
  if (image === undefined) return unionOf(...written);
  return unionOf(...written, ...seen.outcomes.map((outcome) => changedFields(image, outcome.object)));
}
