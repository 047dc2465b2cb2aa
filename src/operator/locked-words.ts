import type { KubeClient } from '../kube/client.ts';
import { isOpen, type SagaRecord } from '../transaction/record.ts';
import { RecordStore } from '../transaction/record-store.ts';

/** Transactions whose locks hold, or should. */
export interface Locked {
  readonly uids: ReadonlySet<string>;
  readonly words: string;
}

/** Tells in words what is locked at the moment. */
export interface LockedWords {
  /** Undefined where nothing is. */
  open(): Promise<Locked | undefined>;
  /** Which of those have not been looked at since, in words; undefined when none is left. */
  stillDoubtful(earlier: Locked): Promise<string | undefined>;
}

/** Transactions that are named at most: the rest is a number. */
const NAMED_MAX = 5;

/** Reads it from the records. `unbroken`: whether locks have been enforced since a term. */
export function lockedWords(client: KubeClient, systemNamespace: string, unbroken: (term: string | undefined) => boolean): LockedWords {
  const store = new RecordStore(client, systemNamespace);
  const describe = async (wanted: (record: SagaRecord) => boolean): Promise<Locked | undefined> => {
    const { records } = await store.list();
    const found = records.filter(({ record }) => holdsLocks(record) && wanted(record));
    if (found.length === 0) return undefined;
    const objects = found.reduce((sum, { record }) => sum + record.targets.length, 0);
    const names = found.slice(0, NAMED_MAX).map(({ record: { transaction } }) => `${transaction.namespace}/${transaction.name}`);
    const more = found.length > NAMED_MAX ? ` and ${String(found.length - NAMED_MAX)} more` : '';
    const are = (count: number, what: string): string => `${String(count)} ${what}${count === 1 ? '' : 's'}`;
    const words = `${are(objects, 'object')} of ${are(found.length, 'open transaction')} (${names.join(', ')}${more}) may be locked`;
    return { uids: new Set(found.map(({ record }) => record.transaction.uid)), words };
  };
  const isDoubtful = (record: SagaRecord): boolean => record.doubtful === true || !unbroken(record.term);
  return {
    open: () => describe(() => true),
    stillDoubtful: async (earlier) => (await describe((record) => earlier.uids.has(record.transaction.uid) && isDoubtful(record)))?.words,
  };
}

/** A rollback that has failed keeps the locks of what is still to be undone. */
function holdsLocks(record: SagaRecord): boolean {
  return (
    isOpen(record) &&
    !(record.phase === 'Failed' && record.targets.every((target) => target.undone === true || target.conflict !== undefined))
  );
}
