import { ImpossibleError } from './fault.ts';
import { letGo } from './let-go.ts';
import { acquireLocks, LockHeldError, type LockFailure, type LockRequest } from './lock.ts';
import type { LockedObject } from './locked-object.ts';
import type { SagaRecord } from './record.ts';
import type { Work } from './work.ts';

/** After how long an object is asked for again if nothing is heard of its holder: at first, and at most; milliseconds. */
const ASK_AGAIN_MS = 100;
const ASK_AGAIN_MAX_MS = 2_000;

/** An object that another transaction holds. */
export interface Contested {
  readonly request: LockRequest;
  readonly error: LockHeldError;
}

/** How a wait is begun. */
export interface Wait {
  /** How often it has waited already. */
  readonly round: number;
  /** Of `Released`, from before the objects were asked for. */
  readonly mark: number;
  /** When `spec.lockTimeout` is over; milliseconds of the context's clock. */
  readonly deadline: number;
}

/** What came of a wait. */
export interface Waited {
  /** Nothing is held any more but what was got: everything must be asked anew. */
  readonly letGo: boolean;
  /** The object over which the two met, if it could be locked. */
  readonly got?: LockedObject;
}

/** How the words end by which a Transaction says that a lock was in its way. */
const AT_ONCE = ', and spec.onConflict is Fail';
const TOO_LATE = '; it was not let go within spec.lockTimeout';

/** Whether these are the words of a Transaction that ended since it could not have a lock. */
export function isLockFailure(because: string): boolean {
  return because.includes(AT_ONCE) || because.includes(TOO_LATE);
}

/** The objects of these failures that others hold. @throws the first failure of another kind */
export function contestedIn(failures: readonly LockFailure[], requests: readonly LockRequest[]): readonly Contested[] {
  return failures.map(({ index, error }) => {
    const request = requests.find((one) => one.index === index);
    if (!(error instanceof LockHeldError) || request === undefined) throw error;
    return { request, error };
  });
}

/**
 * Another transaction holds objects of ours. The older of the two keeps what it has and waits; the younger lets go of
 * everything, takes a new attempt, and comes back when it has got the object over which the two met: what else it wants
 * stays free for everybody until then. Once changes are made nothing can be let go any more: then even the younger keeps
 * what it has, waits no longer than `spec.lockTimeout`, and is rolled back.
 * @throws ImpossibleError when it may not or must no longer wait
 */
export async function waitOrLetGo(work: Work, contested: readonly Contested[], { round, mark, deadline }: Wait): Promise<Waited> {
  await mayWait(work, contested, deadline, round === 0);
  const younger = contested.some(({ error }) => isOlder(error.holder, work.record));
  if (!younger || work.record.phase !== 'Preparing') {
    await waitFor(work, contested, { round, mark, deadline });
    return { letGo: false };
  }
  await letGo(work);
  const got = await untilOurs(work, contested, mark, deadline);
  return { letGo: true, ...(got === undefined ? {} : { got }) };
}

/** Asks for one object, the first of those that were held, until it is ours or is no more what it was. */
async function untilOurs(work: Work, met: readonly Contested[], metAt: number, deadline: number): Promise<LockedObject | undefined> {
  let contested = met;
  let mark = metAt;
  for (let round = 0; ; round += 1) {
    await waitFor(work, contested, { round, mark, deadline });
    // Every round of locking has labels of its own.
    await work.swap({ attempt: work.record.attempt + 1 });
    const { index = 0, uid = '' } = contested[0]?.request ?? {};
    work.tried.set(index, uid);
    mark = work.context.released.mark();
    const { locked, failures } = await acquireLocks(work.run, work.record, [{ index, uid }]);
    const error = failures[0]?.error;
    if (!(error instanceof LockHeldError)) return locked[0];
    contested = [{ request: { index, uid }, error }];
    await mayWait(work, contested, deadline, false);
  }
}

async function mayWait(work: Work, contested: readonly Contested[], deadline: number, tell: boolean): Promise<void> {
  const { onConflict, lockTimeoutMs } = work.run.settings;
  const late = work.context.now() >= deadline;
  if (onConflict === 'Wait' && !late && !tell) return;
  const error = contested[0]?.error;
  const words = `${error?.object ?? 'an object'} is locked by ${await nameOf(work, error?.holder.transaction)}`;
  if (onConflict === 'Fail') throw new ImpossibleError(`${words}${AT_ONCE}`);
  if (late) throw new ImpossibleError(`${words}${TOO_LATE} (${String(lockTimeoutMs / 1000)} s)`);
  work.context.emit({ type: 'notice', of: work.record.transaction, reason: 'LockWaiting', words: `waiting: ${words}` });
}

/** Ages by when each began; the uid decides between two of the same millisecond. */
function isOlder(holder: LockHeldError['holder'], record: SagaRecord): boolean {
  if (holder.since !== record.lockedSince) return Date.parse(holder.since) < Date.parse(record.lockedSince);
  return holder.transaction < record.transaction.uid;
}

async function waitFor(work: Work, contested: readonly Contested[], { round, mark, deadline }: Wait): Promise<void> {
  const holders = [...new Set(contested.map(({ error }) => error.holder.transaction))];
  const patience = Math.min(ASK_AGAIN_MAX_MS, ASK_AGAIN_MS * 2 ** Math.min(round, 10));
  const line = { object: contested[0]?.error.object ?? '', transaction: work.record.transaction.uid };
  await work.context.released.next(holders, Math.max(0, Math.min(patience, deadline - work.context.now())), work.signal, mark, line);
  work.signal.throwIfAborted();
}

async function nameOf(work: Work, uid: string | undefined): Promise<string> {
  const other = uid === undefined ? undefined : await work.context.records.read(uid);
  return other === undefined ? 'another transaction' : `transaction ${other.record.transaction.namespace}/${other.record.transaction.name}`;
}
