import { ApiError } from '../kube/errors.ts';
import { lockHolderOf } from '../lock/holder.ts';
import { LockHeldError } from './lock.ts';
import { describeTarget } from './target.ts';
import { waitOrLetGo } from './wait-die.ts';
import type { Work } from './work.ts';

/**
 * Creates an object as soon as no other transaction has its name reserved: those are waited for as for locks.
 * @throws ImpossibleError when it may not or must no longer wait
 */
export async function onceNameIsFree<T>(work: Work, index: number, create: () => Promise<T>): Promise<T> {
  const { context, run } = work;
  const deadline = context.now() + run.settings.lockTimeoutMs;
  for (let round = 0; ; round += 1) {
    const mark = context.released.mark();
    work.createsSent.set(index, context.now());
    try {
      return await create();
    } catch (error) {
      const holder = error instanceof ApiError ? lockHolderOf(error.status) : undefined;
      if (holder === undefined) throw error;
      const held = new LockHeldError(holder, `the name of ${describeTarget(work.target(index))}`, { cause: error });
      await waitOrLetGo(work, [{ request: { index, uid: '' }, error: held }], { round, mark, deadline });
    }
  }
}
