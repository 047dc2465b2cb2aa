import type { Phase, SealedTransaction } from '../api/transaction.ts';
import type { SagaContext } from './context.ts';
import type { ItemProgress } from './item-progress.ts';
import { recordName } from './record-store.ts';
import { sealerOf } from './requester.ts';
import { sourceOf } from './resolve.ts';
import { isEnded, type Told } from './status.ts';
import { StatusMirror } from './status-mirror.ts';

/** Tells the world where one transaction stands: phases as events, everything into the status. */
export class Reporter {
  readonly mirror: StatusMirror;
  readonly #context: SagaContext;
  readonly #transaction: SealedTransaction;
  readonly #startedAt: number;
  #phase: Phase;
  #more: Partial<Told> = {};

  constructor(context: SagaContext, transaction: SealedTransaction, report: (error: unknown) => void) {
    this.#context = context;
    this.#transaction = transaction;
    this.#phase = transaction.status?.phase ?? 'Pending';
    this.#startedAt = Date.parse(transaction.status?.startedAt ?? '') || context.now();
    this.mirror = new StatusMirror(context.client, transaction, context.now, report);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** A new phase; told once, and mirrored with all that is known. */
  enter(phase: Phase, items: ItemProgress, more: Partial<Told> = {}): void {
    const from = this.#phase;
    const of = sourceOf(this.#transaction);
    const { because } = more;
    this.#phase = phase;
    this.#more = more;
    if (from !== phase) this.#context.emit({ type: 'phase', of, from, to: phase, ...(because === undefined ? {} : { because }) });
    if (isEnded(phase) && from !== phase) {
      this.#context.emit({ type: 'ended', of, outcome: phase, seconds: (this.#context.now() - this.#startedAt) / 1000 });
    }
    this.refresh(items);
  }

  /** The same phase, with news of its items. */
  refresh(items: ItemProgress): void {
    this.mirror.tell({
      phase: this.#phase,
      items: items.list(),
      holder: sealerOf(this.#transaction),
      recordName: recordName(this.#transaction.metadata.uid ?? ''),
      startedAt: new Date(this.#startedAt).toISOString(),
      ...this.#more,
    });
  }
}
