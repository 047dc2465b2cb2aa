import { ApiError, isApiError, isTransient } from '../kube/errors.ts';
import { inParallel } from '../kube/limit.ts';
import { LOCK_LABEL } from '../lock/label.ts';
import { isGrantExpired } from '../lock/expired-grant.ts';
import { lockHolderOf } from '../lock/holder.ts';
import { acting } from './acting.ts';
import { mayOnlyUpdate } from './by-patch-or-put.ts';
import type { Run } from './context.ts';
import { ChangeFailedError } from './fault.ts';
import { LOCK_MANAGER } from './field-manager.ts';
import { labelOf, lockOn, withLabel } from './lock-label.ts';
import { readAs } from './read.ts';
import type { LockedObject } from './locked-object.ts';
import { targetAt, type SagaRecord, type SagaTarget } from './record.ts';
import { sourceOf } from './resolve.ts';
import { describeTarget, grantTargetOf, refOf } from './target.ts';

/** Another transaction holds one of our objects. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
  readonly holder: { readonly transaction: string; readonly since: string };
  readonly object: string;

  constructor(holder: LockHeldError['holder'], object: string, options: ErrorOptions) {
    super(`${object} is locked by another transaction`, options);
    this.holder = holder;
    this.object = object;
  }
}

/** What is to be locked: its index in the record, and the object the dry run saw there. */
export interface LockRequest {
  readonly index: number;
  readonly uid: string;
  readonly resourceVersion?: string;
}

/** An object that could not be locked, and why. */
export interface LockFailure {
  readonly index: number;
  readonly error: unknown;
}

/**
 * Writes the label on every object, in parallel. Returns those that are ours now and what stopped the others; nothing is
 * let go here.
 */
export async function acquireLocks(
  run: Run,
  record: SagaRecord,
  requests: readonly LockRequest[],
): Promise<{ readonly locked: readonly LockedObject[]; readonly failures: readonly LockFailure[] }> {
  const outcomes = await inParallel(requests, run.context.settings.concurrency, async (request) => {
    const target = targetAt(record, request.index);
    const of = sourceOf(run.transaction);
    const object = describeTarget(target);
    try {
      const locked = await acquireLock(run, record, target, request);
      run.context.emit({ type: 'lock', of, operation: 'acquire', result: 'ok', object });
      return locked;
    } catch (error) {
      const result = error instanceof LockHeldError ? 'held' : 'error';
      run.context.emit({ type: 'lock', of, operation: 'acquire', result, object, words: (error as Error).message });
      throw error;
    }
  });
  return {
    locked: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    failures: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [{ index: outcome.item.index, error: outcome.reason }] : [])),
  };
}

async function acquireLock(run: Run, record: SagaRecord, target: SagaTarget, request: LockRequest): Promise<LockedObject> {
  try {
    return await byPatchOrPut(run, record, target, request);
  } catch (error) {
    if (isApiError(error, 422) && (await isAnother(run, record, target, request.uid))) throw replaced(target, error);
    throw explained(error, target);
  }
}

/** Where the object has moved since the dry run, that may be by our own lock, whose answer was lost: so once more, whatever its version. */
async function byPatchOrPut(run: Run, record: SagaRecord, target: SagaTarget, request: LockRequest): Promise<LockedObject> {
  try {
    return await byPatch(run, record, target, request);
  } catch (error) {
    if (isApiError(error, 409) && request.resourceVersion !== undefined) {
      const { index, uid } = request;
      return { ...(await byPatchOrPut(run, record, target, { index, uid })), moved: true };
    }
    const landed = isApiError(error, 403) ? await alreadyOurs(run, record, target, request) : undefined;
    if (landed !== undefined) return landed;
    if (isApiError(error, 403) && mayOnlyUpdate(target)) return byPut(run, record, target, request);
    throw error;
  }
}

/** A patch that names the uid of an object whose place another has taken is answered as an attempt to change a uid. */
async function isAnother(run: Run, record: SagaRecord, target: SagaTarget, uid: string): Promise<boolean> {
  const object = await readAs(run.context, record, target).catch(() => undefined);
  return object !== undefined && object.metadata.uid !== uid;
}

async function byPatch(run: Run, record: SagaRecord, target: SagaTarget, request: LockRequest): Promise<LockedObject> {
  const { index, uid, resourceVersion } = request;
  const labels = { [LOCK_LABEL]: labelOf(record, target, uid) };
  const metadata = { uid, labels, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  const { object } = await acting(
    run.context,
    record,
    { action: 'lock', target: grantTargetOf(target, uid) },
    (as) => run.context.client.patch(refOf(target), { type: 'merge', patch: { metadata } }, { as, fieldManager: LOCK_MANAGER }),
    { signal: run.signal, retryable: retryableUnderLocks },
  );
  return { index, object, lockBy: 'patch', moved: false };
}

/**
 * After a lost answer the second try is refused, since the label would not change. A label of this very attempt can only
 * be our own write that landed; whatever happened before it, nobody has written since.
 */
async function alreadyOurs(run: Run, record: SagaRecord, target: SagaTarget, request: LockRequest): Promise<LockedObject | undefined> {
  const object = await readAs(run.context, record, target);
  if (object === undefined || lockOn(object) !== labelOf(record, target, request.uid)) return undefined;
  return { index: request.index, object, lockBy: 'patch', moved: true };
}

/** For a ServiceAccount that may update but not patch: the whole object as it is, with the label. */
async function byPut(run: Run, record: SagaRecord, target: SagaTarget, request: LockRequest): Promise<LockedObject> {
  const label = labelOf(record, target, request.uid);
  const object = await acting(
    run.context,
    record,
    { action: 'lock', target: grantTargetOf(target, request.uid) },
    async (as) => {
      const current = await run.context.client.get(refOf(target), { as });
      if (current.metadata.uid !== request.uid) throw replaced(target);
      // By an earlier try, whose answer was lost.
      if (lockOn(current) === label) return current;
      return (await run.context.client.update(refOf(target), withLabel(current, label), { as, fieldManager: LOCK_MANAGER })).object;
    },
    { signal: run.signal, attempts: 10, retryable: (error) => isApiError(error, 409) || retryableUnderLocks(error) },
  );
  return { index: request.index, object, lockBy: 'put', moved: object.metadata.resourceVersion !== request.resourceVersion };
}

/** A 429 that says who holds the object is the holder's, not the server's: waiting for it is wait-die's business. */
function retryableUnderLocks(error: unknown): boolean {
  if (!(error instanceof ApiError)) return isTransient(error);
  return isGrantExpired(error.status) || (isTransient(error) && lockHolderOf(error.status) === undefined);
}

function explained(error: unknown, target: SagaTarget): unknown {
  if (!(error instanceof ApiError)) return error;
  const holder = lockHolderOf(error.status);
  if (holder !== undefined) return new LockHeldError(holder, describeTarget(target), { cause: error });
  if (error.code === 404 || error.code === 409) return replaced(target, error);
  return new ChangeFailedError(target.changes[0]?.name ?? '', `${describeTarget(target)} could not be locked: ${error.message}`, {
    cause: error,
  });
}

function replaced(target: SagaTarget, cause?: unknown): ChangeFailedError {
  return new ChangeFailedError(
    target.changes[0]?.name ?? '',
    `${describeTarget(target)} was deleted or replaced by another while it was being locked`,
    { cause },
  );
}
