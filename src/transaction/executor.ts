import type { SealedTransaction, Transaction } from '../api/transaction.ts';
import { backoffMs } from '../kube/retry.ts';
import type { SagaContext } from './context.ts';
import { asksAnew, ASKED_WORDS, asksForEnd, needsWork } from './asking.ts';
import { drive, type Driven } from './drive.ts';
import { finishOrphan } from './orphan.ts';
import { StopReason, UnenforcedError } from './fault.ts';
import { RecordTakenError } from './record-store.ts';

/** Longest pause before a failed transaction is tried again; milliseconds. */
const RETRY_MAX_MS = 5 * 60_000;

const DELETED = new StopReason('deleted', 'the transaction was deleted before its end');
const ASKED = new StopReason('asked', ASKED_WORDS);

/** How many transactions at rest are remembered. */
const RESTED_MAX = 10_000;

interface Task {
  latest: Transaction;
  failures: number;
  running: boolean;
  /** Something came in while it ran. */
  again: boolean;
  /** The Transaction is no longer there; only its record may be. */
  gone: boolean;
  /** Set while it waits to be tried again. */
  timer?: NodeJS.Timeout | undefined;
  stop?: AbortController;
}

/**
 * Runs transactions, each alone, many at once. It is told what the watch sees, and keeps nothing that it could not find
 * again: after a restart the same tellings lead to the same end.
 */
export class Executor {
  readonly #context: SagaContext;
  readonly #report: (error: unknown, transaction: Transaction) => void;
  readonly #limit: number;
  readonly #tasks = new Map<string, Task>();
  readonly #queue: string[] = [];
  readonly #idle = new Set<() => void>();
  /** Status versions of transactions at rest, so that late news of an earlier state starts nothing. */
  readonly #rested = new Map<string, number>();
  #running = 0;
  #stopping = false;

  /** @param limit transactions under way at once */
  constructor(context: SagaContext, report: (error: unknown, transaction: Transaction) => void, limit = 64) {
    this.#context = context;
    this.#report = report;
    this.#limit = limit;
  }

  /** A Transaction was seen, new or changed. Older news than what we wrote ourselves is passed over. */
  observe(transaction: Transaction): void {
    const uid = transaction.metadata.uid ?? '';
    const known = this.#tasks.get(uid);
    if (this.#versionOf(uid) > versionOf(transaction)) return;
    if (known?.running === true) this.#interrupt(known, transaction);
    // The news of its own failure must not cut the pause after it short.
    else if (known?.timer !== undefined && !asksAnew(known.latest, transaction)) known.latest = transaction;
    else if (needsWork(transaction)) this.#take(uid, known, transaction);
    else this.#forgetIdle(uid);
  }

  #take(uid: string, known: Task | undefined, transaction: SealedTransaction): void {
    const task = known ?? newTask(transaction);
    task.latest = transaction;
    this.#tasks.set(uid, task);
    this.#enqueue(uid, task);
  }

  /** Its own status writes come back as news; what the running pass cannot know is only what people ask for. */
  #interrupt(task: Task, transaction: Transaction): void {
    const deleted = transaction.metadata.deletionTimestamp !== undefined && task.latest.metadata.deletionTimestamp === undefined;
    if (asksAnew(task.latest, transaction)) task.again = true;
    const asked = asksForEnd(task.latest, transaction);
    task.latest = transaction;
    if (deleted) task.stop?.abort(DELETED);
    else if (asked) task.stop?.abort(ASKED);
  }

  #versionOf(uid: string): number {
    const task = this.#tasks.get(uid);
    return task === undefined ? (this.#rested.get(uid) ?? 0) : versionOf(task.latest);
  }

  /** A Transaction is gone. What it holds is undone or let go, and its record removed. */
  observeGone(transaction: Transaction): void {
    const uid = transaction.metadata.uid ?? '';
    const task = this.#tasks.get(uid) ?? newTask(transaction);
    this.#tasks.set(uid, task);
    task.gone = true;
    task.again = true;
    if (task.running) task.stop?.abort(DELETED);
    else this.#enqueue(uid, task);
  }

  /** Transactions under way or waiting for their turn. */
  get active(): readonly Transaction[] {
    return [...this.#tasks.values()].map((task) => task.latest);
  }

  /**
   * Stops: waits up to `graceMs` for what is running to come to its end, then leaves the rest where it is, for the next
   * process to go on with. Nothing new is begun.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const task of this.#tasks.values()) clearTimeout(task.timer);
    const timer = setTimeout(() => this.#abortAll(), graceMs);
    await this.#untilIdle();
    clearTimeout(timer);
  }

  /** Begins nothing more, and lets what is running end early. */
  abandon(): void {
    this.#stopping = true;
    for (const task of this.#tasks.values()) clearTimeout(task.timer);
    this.#abortAll();
  }

  #abortAll(): void {
    for (const task of this.#tasks.values()) task.stop?.abort(new StopReason('shutdown', 'Janus is shutting down'));
  }

  #untilIdle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }

  #enqueue(uid: string, task: Task): void {
    clearTimeout(task.timer);
    task.timer = undefined;
    if (!this.#queue.includes(uid)) this.#queue.push(uid);
    this.#startNext();
  }

  #startNext(): void {
    while (!this.#stopping && this.#running < this.#limit) {
      const uid = this.#queue.shift();
      if (uid === undefined) return;
      const task = this.#tasks.get(uid);
      if (task === undefined || task.running) continue;
      void this.#run(uid, task);
    }
  }

  async #run(uid: string, task: Task): Promise<void> {
    this.#running += 1;
    task.running = true;
    task.again = false;
    task.stop = new AbortController();
    const given = task.latest as SealedTransaction;
    let driven: Driven | undefined;
    let failure: unknown;
    try {
      if (task.gone) await finishOrphan(this.#context, uid, task.stop.signal);
      else driven = await drive(this.#context, given, task.stop.signal, (error) => this.#report(error, given));
    } catch (error) {
      failure = error;
    }
    task.running = false;
    this.#running -= 1;
    this.#conclude(uid, task, driven, failure);
    if (this.#running === 0) for (const resolve of [...this.#idle]) resolve();
    this.#startNext();
  }

  #conclude(uid: string, task: Task, driven: Driven | undefined, failure: unknown): void {
    if (driven !== undefined) task.latest = newer(task.latest, driven.latest);
    if (isUnexpected(failure)) this.#report(failure, task.latest);
    const unfinished = failure !== undefined || driven?.retry === true;
    if (!(failure instanceof UnenforcedError)) task.failures = unfinished ? task.failures + 1 : 0;
    if (this.#stopping) return;
    // Not by time but by the enforcement of locks: the next pass waits for it.
    if (task.again || failure instanceof UnenforcedError) this.#enqueue(uid, task);
    else if (unfinished) {
      const wait = backoffMs(task.failures + 2, { maxMs: RETRY_MAX_MS, baseMs: 250 });
      task.timer = setTimeout(() => this.#enqueue(uid, task), wait);
    } else if (task.gone || !needsWork(task.latest)) this.#forgetIdle(uid);
  }

  #forgetIdle(uid: string): void {
    const task = this.#tasks.get(uid);
    if (task === undefined || task.running) return;
    clearTimeout(task.timer);
    this.#tasks.delete(uid);
    this.#rested.set(uid, task.latest.status?.version ?? 0);
    const oldest = this.#rested.size > RESTED_MAX ? this.#rested.keys().next().value : undefined;
    if (oldest !== undefined) this.#rested.delete(oldest);
  }
}

function newTask(latest: Transaction): Task {
  return { latest, failures: 0, running: false, again: false, gone: false };
}

/** Another executor that leads, locks that do not hold, or the end of this process, is nothing to report. */
function isUnexpected(failure: unknown): boolean {
  return !(
    failure === undefined ||
    failure instanceof RecordTakenError ||
    failure instanceof StopReason ||
    failure instanceof UnenforcedError
  );
}

function versionOf(transaction: Transaction): number {
  return transaction.status?.version ?? 0;
}

/** Of two readings of one Transaction, the one with the later status; with equal ones, the first. */
function newer(a: Transaction, b: Transaction): Transaction {
  return versionOf(b) > versionOf(a) ? b : a;
}
