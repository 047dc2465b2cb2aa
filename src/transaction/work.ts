import type { KubeObject } from '../kube/object.ts';
import type { Run, SagaContext } from './context.ts';
import { ChangeFailedError } from './fault.ts';
import { heldLabel, type Held } from './held.ts';
import type { ItemProgress } from './item-progress.ts';
import type { LockedObject } from './locked-object.ts';
import { parseLockLabel } from '../lock/label.ts';
import { labelOf, lockOn } from './lock-label.ts';
import { targetAt, tooLarge, type SagaRecord, type SagaTarget } from './record.ts';
import { RecordTakenError, type StoredRecord } from './record-store.ts';

/** What we know of one object under our lock, from the answers to our own writes. */
export interface LiveTarget {
  readonly uid: string;
  /** Made by this transaction: its label is by name. */
  readonly createdByUs: boolean;
  /** As our last write or read saw it. */
  readonly object: KubeObject;
}

/**
 * One transaction while this process carries it out. Holds nothing that could not be found again: the record is in the
 * cluster, the objects carry their labels, progress is told by the objects.
 */
export class Work {
  readonly run: Run;
  readonly items: ItemProgress;
  readonly #onChange: () => void;
  /** Objects that carry our label, by target. */
  readonly live = new Map<number, LiveTarget>();
  /** uid of every object that we have tried to lock: the answer may have been lost, the label may be there. */
  readonly tried = new Map<number, string>();
  /** When a Create was sent, by target; milliseconds of the context's clock. */
  readonly createsSent = new Map<number, number>();
  /** Creates of which an answer was lost: one may still land. */
  readonly lostCreates = new Set<number>();
  /** Targets that could not be judged before earlier changes are made. */
  readonly deferred = new Set<number>();
  /** Targets that could not be looked at when this process took over: an earlier one may have locked them. */
  readonly unseen = new Set<number>();
  /** Names of changes that an earlier executor has made and that cannot be made again. */
  readonly done = new Set<string>();
  /** Objects that a rollback could not even look at or lock yet, by target, each with why. */
  readonly blocked = new Map<number, string>();
  /** Targets that were locked by PUT. */
  readonly #byPut = new Set<number>();
  /** Whether this work has locked everything itself, or taken it over and made sure that its locks held all along. */
  trusted = false;
  /** Before-images, by target. */
  readonly images = new Map<number, KubeObject>();
  #record: SagaRecord;
  #stored: StoredRecord | undefined;

  /** @param from the record as it was read, or as it is to be written once the first lock is about to be taken */
  constructor(run: Run, from: StoredRecord | SagaRecord, items: ItemProgress, onChange: () => void) {
    this.run = run;
    this.items = items;
    this.#onChange = onChange;
    this.#stored = 'record' in from ? from : undefined;
    this.#record = 'record' in from ? from.record : from;
  }

  get context(): SagaContext {
    return this.run.context;
  }

  get record(): SagaRecord {
    return this.#record;
  }

  get recorded(): boolean {
    return this.#stored !== undefined;
  }

  get signal(): AbortSignal {
    return this.run.signal;
  }

  /** Changes the record by compare-and-swap. @throws RecordTakenError when this process leads it no longer. */
  async swap(change: Partial<SagaRecord>): Promise<void> {
    await this.replace({ ...this.#record, ...change });
  }

  /** As `swap`, with the record whole. @throws ChangeFailedError where it has no room, before anything is changed */
  async replace(change: SagaRecord): Promise<void> {
    const begins = change.phase === 'RollingBack' && change.rollingBackSince === undefined;
    const words = change.phase === 'Preparing' || change.phase === 'Committing' ? tooLarge(change) : undefined;
    if (words !== undefined) throw new ChangeFailedError('', words);
    const next = begins ? { ...change, rollingBackSince: new Date(this.context.now()).toISOString() } : change;
    this.#stored =
      this.#stored === undefined ? await this.context.records.create(next) : await this.context.records.replace(this.#stored, next);
    this.#record = this.#stored.record;
  }

  /** @throws RecordTakenError when the record has moved since we last wrote it: another process leads, or somebody broke a lock. */
  async expectOwnRecord(): Promise<void> {
    const { name, namespace, uid } = this.#record.transaction;
    const now = await this.context.records.read(uid);
    if (now?.resourceVersion !== this.#stored?.resourceVersion)
      throw new RecordTakenError(`the record of ${namespace}/${name} has moved while its transaction was waiting`);
  }

  /** Says that there is something new to tell. */
  changed(): void {
    this.#onChange();
  }

  target(index: number): SagaTarget {
    const target = targetAt(this.record, index);
    return this.#byPut.has(index) ? { ...target, lockBy: 'put' } : target;
  }

  /** Takes note of an object that our own write has just locked. */
  hold({ index, object, lockBy }: LockedObject): void {
    this.live.set(index, { uid: object.metadata.uid ?? '', createdByUs: false, object });
    if (lockBy === 'put') this.#byPut.add(index);
  }

  /** The objects that carry our label, or may. */
  held(): readonly Held[] {
    const made = [...this.live]
      .filter(([, live]) => live.createdByUs)
      .map(([index, live]) => ({ index, uid: live.uid, createdByUs: true }));
    const found = [...this.tried].map(([index, uid]) => ({ index, uid, createdByUs: false }));
    return [...made, ...found].map(({ index, uid, createdByUs }) => ({ target: this.target(index), uid, createdByUs }));
  }

  /** Our label on an object in this attempt. */
  label(index: number): string {
    const live = this.live.get(index);
    return heldLabel(this.record, { target: this.target(index), uid: live?.uid ?? '', createdByUs: live?.createdByUs ?? true });
  }

  /** Whether an object carries our label of this attempt. */
  carriesOurs(index: number, object: KubeObject): boolean {
    return lockOn(object) === this.label(index);
  }

  /** Whether an object carries a label of ours, of whatever attempt, for what this transaction creates under this name. */
  isCreationOfOurs(index: number, object: KubeObject): boolean {
    const label = lockOn(object);
    const parsed = label === undefined ? undefined : parseLockLabel(label);
    if (parsed === undefined || parsed.transaction !== this.record.transaction.uid) return false;
    return label === labelOf({ ...this.record, attempt: parsed.attempt }, this.target(index), undefined);
  }
}
