import type { Transaction } from '../api/transaction.ts';
import type { KubeClient } from '../kube/client.ts';
import { isApiError, isTransient } from '../kube/errors.ts';
import type { ObjectRef } from '../kube/object.ts';
import { pause } from '../kube/pause.ts';
import { retrying } from '../kube/retry.ts';
import { TRANSACTIONS } from './kinds.ts';
import { isEnded, statusOf, type Told } from './status.ts';

/** How long news that is not an end is held back, so that a short transaction writes its status once or twice and not at every step; milliseconds. */
const HOLD_MS = 100;

/**
 * Keeps Transaction.status in step with the executor, at most one write under way: what is told meanwhile is merged into
 * the next. Written with the resourceVersion it was read at, so that a deposed executor overwrites nothing.
 */
export class StatusMirror {
  readonly #client: KubeClient;
  readonly #now: () => number;
  readonly #report: (error: unknown) => void;
  #latest: Transaction;
  #pending: Told | undefined;
  #hurry = new AbortController();
  #writing: Promise<void> | undefined;
  #version: number;
  #taken = false;
  #behind = false;

  constructor(client: KubeClient, transaction: Transaction, now: () => number, report: (error: unknown) => void) {
    this.#client = client;
    this.#now = now;
    this.#report = report;
    this.#latest = transaction;
    this.#version = transaction.status?.version ?? 0;
  }

  /** The Transaction as last read or written; undefined once it is gone. */
  get latest(): Transaction {
    return this.#latest;
  }

  /** Whether readers could not be told the latest: another executor has written meanwhile, or the API server would not take it. */
  get behind(): boolean {
    return this.#behind;
  }

  /** Tells readers, as soon as the write under way is done. */
  tell(told: Told): void {
    this.#pending = told;
    this.#behind = this.#taken;
    if (this.#taken) return;
    if (isEnded(told.phase)) this.#hurry.abort();
    this.#writing ??= this.#drain();
  }

  /** Resolves when everything told so far has been written, or given up and reported. */
  async flush(): Promise<void> {
    this.#hurry.abort();
    while (this.#writing !== undefined) await this.#writing;
  }

  async #drain(): Promise<void> {
    while (this.#pending !== undefined && !this.#taken) {
      await pause(HOLD_MS, this.#hurry.signal);
      this.#hurry = new AbortController();
      const told = this.#pending;
      this.#pending = undefined;
      try {
        await retrying(() => this.#write(told), {
          attempts: 8,
          retryable: (error) => isTransient(error) || (isApiError(error, 409) && !this.#taken),
        });
        this.#behind = false;
      } catch (error) {
        this.#behind = !isApiError(error, 404);
        if (this.#behind) this.#report(error);
      }
    }
    this.#writing = undefined;
  }

  async #write(told: Told): Promise<void> {
    const ref = this.#ref();
    const status = statusOf(this.#latest.status, told, this.#latest.metadata.generation ?? 0, new Date(this.#now()).toISOString());
    try {
      const { object } = await this.#client.update(ref, { ...this.#latest, status }, { subresource: 'status' });
      this.#latest = object as Transaction;
      this.#version = status.version;
    } catch (error) {
      if (isApiError(error, 409)) await this.#refresh(ref);
      throw error;
    }
  }

  /** People may edit annotations meanwhile; a status that moved without us means that another executor leads. */
  async #refresh(ref: ObjectRef): Promise<void> {
    const fresh = await this.#client.get<Transaction>(ref);
    const replaced = fresh.metadata.uid !== this.#latest.metadata.uid;
    if (replaced || (fresh.status?.version ?? 0) !== this.#version) this.#taken = true;
    else this.#latest = fresh;
  }

  #ref(): ObjectRef {
    const { namespace = '', name = '' } = this.#latest.metadata;
    return { kind: TRANSACTIONS, namespace, name };
  }
}
