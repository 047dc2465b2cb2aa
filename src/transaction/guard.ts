import { ApiError, isTransient } from '../kube/errors.ts';
import { guardNeeds } from '../lock/guard/need.ts';
import type { SagaContext } from './context.ts';
import { ImpossibleError } from './fault.ts';
import { isOpen } from './record.ts';
import type { Work } from './work.ts';

/**
 * Puts up the guards that the record asks for. Always after the record: the webhook answers from it. No request where the record
 * asks for none, or for what is up already.
 */
export async function raiseGuards({ context, record }: Work): Promise<void> {
  const { transaction, attempt } = record;
  try {
    await context.guards.put({ transaction: transaction.uid, attempt }, guardNeeds(record));
  } catch (error) {
    if (!(error instanceof ApiError) || isTransient(error)) throw error;
    throw new ImpossibleError(`its guards could not be put up: ${error.message}`, { cause: error });
  }
}

/** Takes down the guards of a transaction that has ended. No request where it has none. */
export async function dropGuards(context: SagaContext, uid: string): Promise<void> {
  if (!(await context.guards.holders()).includes(uid)) return;
  const stored = await context.records.read(uid);
  // Somebody has asked for a rollback meanwhile: then they are that rollback's.
  if (stored !== undefined && isOpen(stored.record)) return;
  await context.guards.drop({ transaction: uid, attempt: stored?.record.attempt ?? Number.MAX_SAFE_INTEGER });
}
