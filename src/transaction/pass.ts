import type { SealedTransaction } from '../api/transaction.ts';
import type { SagaContext } from './context.ts';
import type { Reporter } from './reporter.ts';

/** One pass over a transaction: what it works with from its beginning to its end. */
export interface Pass {
  readonly context: SagaContext;
  readonly transaction: SealedTransaction;
  readonly reporter: Reporter;
  readonly shutdown: AbortSignal;
  /** The term of enforcement in which it begins. */
  readonly term: string;
}
