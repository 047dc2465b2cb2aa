import { isApiError } from '../kube/errors.ts';
import { kstatusOf } from '../kube/kstatus.ts';
import { inParallel } from '../kube/limit.ts';
import { pause } from '../kube/pause.ts';
import { acting } from './acting.ts';
import type { PlannedChange } from './plan.ts';
import { describeTarget, grantTargetOf, refOf } from './target.ts';
import type { Work } from './work.ts';

/** How often an object that is not ready yet is looked at again; milliseconds. */
const LOOK_AGAIN_MS = 500;
/** How often, while nothing is written, the record is asked whether this process still leads and all locks hold; milliseconds. */
const ASK_RECORD_MS = 2_000;

/**
 * Waits until every object that these changes wrote is ready by the rules of kstatus, and every one that they deleted is gone.
 * @returns the first that has failed, or is not ready in time; undefined when all are ready
 * @throws RecordTakenError when another process leads by now, or somebody has broken a lock
 */
export async function untilHealthy(
  work: Work,
  changes: readonly PlannedChange[],
  timeoutMs: number,
): Promise<{ readonly change: string; readonly words: string } | undefined> {
  const deadline = work.context.now() + timeoutMs;
  let waiting = changes;
  let asked = work.context.now();
  for (;;) {
    work.signal.throwIfAborted();
    const looked = await inParallel(waiting, work.context.settings.concurrency, (change) => look(work, change));
    const verdicts = looked.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    const failed = verdicts.find((verdict) => verdict.state === 'failed');
    if (failed !== undefined) return failed;
    const unready = verdicts.filter((verdict) => verdict.state === 'waiting');
    const first = unready[0];
    if (first === undefined) return undefined;
    if (work.context.now() >= deadline)
      return { change: first.change, words: `${first.words} (not ready within ${String(timeoutMs / 1000)} s)` };
    const again = new Set(unready.map((verdict) => verdict.change));
    waiting = waiting.filter((change) => again.has(change.name));
    if (work.context.now() - asked >= ASK_RECORD_MS) {
      await work.expectOwnRecord();
      asked = work.context.now();
    }
    await pause(Math.min(LOOK_AGAIN_MS, Math.max(0, deadline - work.context.now())), work.signal);
  }
}

interface Verdict {
  readonly change: string;
  readonly state: 'ready' | 'waiting' | 'failed';
  readonly words: string;
}

async function look(work: Work, change: PlannedChange): Promise<Verdict> {
  const target = work.target(change.target);
  const deleted = change.type === 'Delete';
  try {
    const object = await acting(
      work.context,
      work.record,
      { action: 'preflight', target: grantTargetOf(target), change: change.name },
      (as) => work.context.client.get(refOf(target), { as }),
      { signal: work.signal },
    );
    const { status, message } = kstatusOf(object);
    const words = `${describeTarget(target)} is ${status}: ${message}`;
    if (deleted) return { change: change.name, state: object.metadata.uid === target.uid ? 'waiting' : 'ready', words };
    if (status === 'Failed') return { change: change.name, state: 'failed', words };
    return { change: change.name, state: status === 'Current' ? 'ready' : 'waiting', words };
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
    return { change: change.name, state: deleted ? 'ready' : 'failed', words: `${describeTarget(target)} is gone` };
  }
}
