import type { ObjectWrite, Timeline } from './history.ts';
import { lockOf } from './locks.ts';

/** The writes of one object from the first to the last under the locks of one transaction, without a gap between them. */
export interface Tenure {
  readonly key: string;
  /** From the write that set the lock to the one that took it off; what followed a deletion by its own grant is among them. */
  readonly writes: readonly ObjectWrite[];
}

/** The times in which a transaction held an object, in order. */
export function tenuresOf(timeline: Timeline, transaction: string, key: string): readonly Tenure[] {
  const tenures: ObjectWrite[][] = [];
  let holds = false;
  for (const write of timeline.byKey.get(key) ?? []) {
    const holdsBefore = lockOf(key, write.before)?.transaction === transaction;
    const holdsAfter = lockOf(key, write.after)?.transaction === transaction;
    if (!holds && (holdsBefore || holdsAfter) && !(holdsAfter && isMadeAgain(tenures.at(-1), write))) tenures.push([]);
    if (holdsBefore || holdsAfter) tenures.at(-1)?.push(write);
    holds = holdsAfter;
  }
  return tenures.map((writes) => ({ key, writes }));
}

/** A transaction that makes an object again which it has deleted has not let go of it, whatever others did under its name meanwhile. */
function isMadeAgain(tenure: readonly ObjectWrite[] | undefined, { before, by }: ObjectWrite): boolean {
  return tenure !== undefined && tenure.at(-1)?.after === undefined && before === undefined && by?.grant !== undefined;
}
