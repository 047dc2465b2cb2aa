import type { ObjectPlace } from '../lock/label.ts';
import type { BrokenLock } from '../lock/record.ts';
import { LostLockError } from './fault.ts';
import { isOpen, type SagaTarget } from './record.ts';
import { RecordTakenError, type RecordStore } from './record-store.ts';
import { describeTarget } from './target.ts';

/** How often the record may move while we write to it, before we give up. */
const TRIES = 10;

/**
 * Notes in the record that somebody is about to break a lock, before the label goes. Whoever carries the transaction out
 * meets the note at the next compare-and-swap, the commit point at the latest: nothing is committed over a broken lock.
 * @throws what the client throws, and RecordTakenError when the record never holds still
 */
export async function noteBrokenLock(records: RecordStore, uid: string, place: ObjectPlace, broken: BrokenLock): Promise<void> {
  for (let tries = TRIES; ; tries -= 1) {
    const stored = await records.read(uid);
    // Without a record, or after its end, the label is void: there is nothing to break.
    if (stored === undefined || !isOpen(stored.record)) return;
    const targets = stored.record.targets.map((target) => (isAt(target, place) ? { ...target, broken } : target));
    try {
      await records.replace(stored, { ...stored.record, targets });
      return;
    } catch (error) {
      if (!(error instanceof RecordTakenError) || tries === 1) throw error;
    }
  }
}

/** What is said of an object that carries our lock no longer. */
export function lostLockWords(target: SagaTarget): string {
  const { broken } = target;
  const how = broken === undefined ? 'somebody broke it' : `${broken.by} broke it by force at ${broken.at}`;
  return `${describeTarget(target)} lost its lock: ${how}`;
}

/** The error that says so, and that the object was not touched. */
export function leftAsItIs(target: SagaTarget, options?: ErrorOptions): LostLockError {
  return new LostLockError(`${lostLockWords(target)}, so it is left as it is`, options);
}

function isAt(target: SagaTarget, { group, resource, namespace, name }: ObjectPlace): boolean {
  const { kind } = target;
  return kind.group === group && kind.resource === resource && (target.namespace ?? '') === namespace && target.name === name;
}
