import type { ApplyOptions } from '../kube/client.ts';
import { ApiError, isApiError, isTransient, mayHaveLanded, TransportError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/object.ts';
import type { GrantAction } from '../lock/claims.ts';
import { GRANT_REFUSED } from '../lock/refuse.ts';
import { acting } from './acting.ts';
import { lostLockWords } from './broken-lock.ts';
import { ChangeFailedError } from './fault.ts';
import { fieldManagerOf } from './field-manager.ts';
import { withLabel } from './lock-label.ts';
import type { Plan, PlannedChange } from './plan.ts';
import { readOrNone } from './read.ts';
import { CATCH_UP_MS } from './taken-up.ts';
import { describeTarget, grantTargetOf, refOf } from './target.ts';
import { onceNameIsFree } from './wait-for-name.ts';
import type { Work } from './work.ts';

/**
 * Carries out one change on its object, under the object's lock. Every write carries a precondition that a late one
 * cannot meet (the label, the uid, the resourceVersion), so trying again after a lost answer is safe.
 * @throws ChangeFailedError when the server refuses it for good
 */
export async function carryOut(work: Work, plan: Plan, change: PlannedChange): Promise<void> {
  if (work.done.has(change.name)) return;
  try {
    if (change.content === undefined) await remove(work, change);
    else if (work.live.has(change.target)) await write(work, plan, change, change.content);
    else if (change.type === 'Create') await create(work, plan, change, change.content);
    else throw new ChangeFailedError(change.name, `${describeTarget(work.target(change.target))} does not exist`);
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof TransportError)) throw error;
    if (isGrantRefused(error) && (await lostLock(work, change.target)))
      throw new ChangeFailedError(change.name, lostLockWords(work.target(change.target)), { cause: error });
    throw new ChangeFailedError(change.name, `${describeTarget(work.target(change.target))}: ${error.message}`, { cause: error });
  }
}

function isGrantRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.status.details?.causes ?? []).some(({ reason }) => reason === GRANT_REFUSED);
}

/** Whether an object that we hold carries another label by now, or none. */
async function lostLock(work: Work, index: number): Promise<boolean> {
  const object = work.live.has(index) ? await readOrNone(work, index) : undefined;
  return object !== undefined && !work.carriesOurs(index, object);
}

async function write(work: Work, plan: Plan, change: PlannedChange, content: KubeObject): Promise<void> {
  const live = work.live.get(change.target);
  if (live === undefined) throw new Error(`change ${change.name} has no locked object`);
  const labelled = withLabel(content, work.label(change.target));
  const fieldManager = fieldManagerOf(work.record.transaction, plan.changes.indexOf(change));
  const object =
    change.type === 'Update'
      ? await replace(work, change, labelled, fieldManager)
      : await apply(work, change, labelled, live.uid, fieldManager);
  work.live.set(change.target, { ...live, object });
}

/** The uid makes the server refuse where the object is gone; without it, applying would create another. */
async function apply(work: Work, change: PlannedChange, content: KubeObject, uid: string, fieldManager: string): Promise<KubeObject> {
  const target = work.target(change.target);
  const body = { ...content, metadata: { ...content.metadata, uid } };
  const written = await send(work, change, 'apply', uid, (as) =>
    work.context.client.apply(refOf(target), body, applyOptions(work, { as, fieldManager })),
  );
  return written.object;
}

/** Others' status writes move the resourceVersion while the lock holds: then the object is read again, and its label checked. */
async function replace(work: Work, change: PlannedChange, content: KubeObject, fieldManager: string): Promise<KubeObject> {
  const target = work.target(change.target);
  let base = work.live.get(change.target)?.object;
  return send(
    work,
    change,
    'apply',
    base?.metadata.uid,
    async (as) => {
      base ??= await readOurs(work, change.target, as);
      const { uid, resourceVersion } = base.metadata;
      const metadata = {
        ...content.metadata,
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      };
      base = undefined;
      const written = await work.context.client.update(
        refOf(target),
        { ...content, metadata },
        { as, fieldManager, timeoutMs: work.context.settings.requestTimeoutMs },
      );
      return written.object;
    },
    true,
  );
}

/** Reads an object and makes sure that it is still under our lock. */
async function readOurs(work: Work, index: number, as: NonNullable<ApplyOptions['as']>): Promise<KubeObject> {
  const target = work.target(index);
  const object = await work.context.client.get(refOf(target), { as });
  if (!work.carriesOurs(index, object)) throw new ChangeFailedError(target.changes[0]?.name ?? '', lostLockWords(target));
  return object;
}

/**
 * Creates what is not there. A name that somebody else has taken meanwhile is a conflict, never adopted: our own webhook
 * refuses the apply as an UPDATE. After a lost answer the object may be there with our label: then it is ours.
 */
async function create(work: Work, plan: Plan, change: PlannedChange, content: KubeObject): Promise<void> {
  const target = work.target(change.target);
  const label = work.label(change.target);
  const fieldManager = fieldManagerOf(work.record.transaction, plan.changes.indexOf(change));
  try {
    const { object } = await onceNameIsFree(work, change.target, () =>
      send(
        work,
        change,
        'create',
        undefined,
        (as) => work.context.client.apply(refOf(target), withLabel(content, label), applyOptions(work, { as, fieldManager })),
        false,
        () => work.lostCreates.add(change.target),
      ),
    );
    work.live.set(change.target, { uid: object.metadata.uid ?? '', createdByUs: true, object });
  } catch (error) {
    if (mayHaveLanded(error)) work.lostCreates.add(change.target);
    const ours = error instanceof ApiError ? await foundOurs(work, change.target) : undefined;
    if (ours === undefined) throw error;
    work.live.set(change.target, { uid: ours.metadata.uid ?? '', createdByUs: true, object: ours });
  }
}

/** The object of a Create if it is there and carries our label for what we create. */
async function foundOurs(work: Work, index: number): Promise<KubeObject | undefined> {
  const object = await readOrNone(work, index).catch((error: unknown) => {
    // Without the right to read, nothing may be assumed to be ours.
    if (isApiError(error, 403)) return undefined;
    throw error;
  });
  return object !== undefined && work.carriesOurs(index, object) ? object : undefined;
}

async function remove(work: Work, change: PlannedChange): Promise<void> {
  const live = work.live.get(change.target);
  const target = work.target(change.target);
  // Gone already.
  if (live === undefined) return;
  let base: KubeObject | undefined = live.object;
  try {
    await send(
      work,
      change,
      'delete',
      live.uid,
      async (as) => {
        base ??= await readOurs(work, change.target, as);
        const { uid = '', resourceVersion = '', deletionTimestamp } = base.metadata;
        base = undefined;
        if (deletionTimestamp !== undefined) return;
        await work.context.client.delete(refOf(target), {
          as,
          preconditions: { uid, resourceVersion },
          propagationPolicy: 'Background',
          timeoutMs: work.context.settings.requestTimeoutMs,
        });
      },
      true,
    );
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
  if (target.changes.at(-1)?.name === change.name) return;
  await untilGone(work, change, live.uid);
}

/** A Create that follows in the chain needs the name free: waits until finalizers have let the object go. */
async function untilGone(work: Work, change: PlannedChange, uid: string): Promise<void> {
  const target = work.target(change.target);
  await send(
    work,
    change,
    'preflight',
    undefined,
    async (as) => {
      try {
        const object = await work.context.client.get(refOf(target), { as });
        if (object.metadata.uid === uid)
          throw new ApiError({ code: 409, reason: 'Conflict', message: `${describeTarget(target)} is still being deleted` });
      } catch (error) {
        if (!isApiError(error, 404)) throw error;
      }
    },
    true,
  );
  work.live.delete(change.target);
  work.tried.delete(change.target);
}

function send<T>(
  work: Work,
  change: PlannedChange,
  action: GrantAction,
  uid: string | undefined,
  request: (as: NonNullable<ApplyOptions['as']>) => Promise<T>,
  again409 = false,
  onUnanswered?: () => void,
): Promise<T> {
  const grant = { action, target: grantTargetOf(work.target(change.target), uid), change: change.name };
  const begun = work.context.now();
  const catchingUp = (error: unknown): boolean =>
    work.deferred.has(change.target) && isApiError(error, 403, 404) && work.context.now() - begun < CATCH_UP_MS;
  return acting(work.context, work.record, grant, request, {
    signal: work.signal,
    deadlineMs: Math.max(0, Date.parse(work.record.deadline) - begun),
    maxMs: 2_000,
    retryable: (error) => isTransient(error) || (again409 && isApiError(error, 409)) || catchingUp(error),
    onRetry: ({ error }) => (mayHaveLanded(error) ? onUnanswered?.() : undefined),
  });
}

function applyOptions(
  work: Work,
  options: Pick<ApplyOptions, 'fieldManager'> & { readonly as: NonNullable<ApplyOptions['as']> },
): ApplyOptions {
  return { ...options, force: true, timeoutMs: work.context.settings.requestTimeoutMs };
}
