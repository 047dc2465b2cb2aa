import type { KubeObject } from '../../src/kube/object.ts';
import type { SagaRecord } from '../../src/transaction/record.ts';

/** What of a grant tells for whom a request was sent. Read from the audit log, unverified: the webhook has verified it. */
export interface GrantSeen {
  readonly transaction: string;
  readonly attempt: number;
  readonly action: string;
}

/** Who wrote, as the audit log tells it. */
export interface Writer {
  readonly user: string;
  readonly verb: string;
  readonly subresource: string;
  readonly grant?: GrantSeen;
}

/** One accepted write of one object, in the order of resourceVersions. */
export interface ObjectWrite {
  readonly revision: number;
  /** `group/resource/namespace/name` */
  readonly key: string;
  /** Absent where there was no object. */
  readonly before?: KubeObject;
  /** Absent where the object is gone. */
  readonly after?: KubeObject;
  /** Absent where the audit log does not tell: then it counts as a stranger. */
  readonly by?: Writer;
}

/** One write of the record of a transaction; without `record` it was removed. */
export interface RecordWrite {
  readonly revision: number;
  /** uid of the Transaction. */
  readonly transaction: string;
  readonly record?: SagaRecord;
}

/** One change as it was asked for. */
export interface SubmittedChange {
  readonly name: string;
  readonly type: 'Create' | 'Update' | 'Patch' | 'Delete';
  readonly order: number;
  readonly key: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

/** One transaction as it was sealed, and what was heard of it last. */
export interface Submitted {
  readonly uid: string;
  readonly name: string;
  readonly changes: readonly SubmittedChange[];
  /** Phase in the status at the end; absent where the Transaction itself is gone. */
  readonly phase?: string;
  /** Why, in the words of its status. */
  readonly because?: string;
}

/** Everything that was accepted between two moments, as plain data. */
export interface History {
  readonly writes: readonly ObjectWrite[];
  readonly records: readonly RecordWrite[];
  readonly transactions: readonly Submitted[];
}

/** Something that must not have happened. */
export interface Violation {
  readonly rule: string;
  /** Where in the history; absent where it is about its end. */
  readonly revision?: number;
  readonly object?: string;
  /** uid of the Transaction that it is about. */
  readonly transaction?: string;
  readonly words: string;
}

/** One rule over a whole history. */
export type Check = (timeline: Timeline) => readonly Violation[];

/** A history with what every check looks up. */
export interface Timeline extends History {
  /** The writes of each object, in order. */
  readonly byKey: ReadonlyMap<string, readonly ObjectWrite[]>;
  /** The writes of each transaction's record, in order. */
  readonly byTransaction: ReadonlyMap<string, readonly RecordWrite[]>;
}

/** Sorts a history and sorts it out. */
export function timelineOf(history: History): Timeline {
  const writes = [...history.writes].sort((a, b) => a.revision - b.revision);
  const records = [...history.records].sort((a, b) => a.revision - b.revision);
  return {
    ...history,
    writes,
    records,
    byKey: grouped(writes, ({ key }) => key),
    byTransaction: grouped(records, ({ transaction }) => transaction),
  };
}

/** The record as it stood when the write of this revision was made; undefined where there was none. */
export function recordAt(timeline: Timeline, transaction: string, revision: number): SagaRecord | undefined {
  return timeline.byTransaction.get(transaction)?.findLast((write) => write.revision < revision)?.record;
}

/** The last record there was, removed by now or not. */
export function lastRecord(timeline: Timeline, transaction: string): SagaRecord | undefined {
  return timeline.byTransaction.get(transaction)?.findLast(({ record }) => record !== undefined)?.record;
}

function grouped<T>(items: readonly T[], by: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(by(item));
    if (group === undefined) groups.set(by(item), [item]);
    else group.push(item);
  }
  return groups;
}
