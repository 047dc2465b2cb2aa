import { InvalidDurationError, parseDuration } from '../api/duration.ts';
import { DRAFT_FOR_ANNOTATION } from '../api/group.ts';
import { isSealed, type Transaction } from '../api/transaction.ts';
import { isApiError } from '../kube/errors.ts';
import type { SagaContext } from './context.ts';
import { refOfTransaction } from './kinds.ts';

/**
 * Removes drafts whose time is up: whoever made them died before they were sealed. One that is sealed at this moment stays, by the
 * resourceVersion. Drafts that do not ask for it stay for ever: somebody may be filling them by hand.
 */
export async function removeStaleDrafts(
  { client, now }: Pick<SagaContext, 'client' | 'now'>,
  transactions: readonly Transaction[],
  report: (error: unknown) => void,
): Promise<void> {
  for (const transaction of transactions.filter((one) => isStaleDraft(one, now()))) {
    const { resourceVersion = '', uid = '' } = transaction.metadata;
    await client
      .delete(refOfTransaction(transaction), { preconditions: { uid, resourceVersion }, propagationPolicy: 'Background' })
      .catch((error: unknown) => {
        if (!isApiError(error, 404, 409)) report(error);
      });
  }
}

/** Whether a Transaction was to be sealed by now. `now` in milliseconds since 1970. */
export function isStaleDraft(transaction: Transaction, now: number): boolean {
  const { annotations, creationTimestamp, deletionTimestamp } = transaction.metadata;
  const allowed = durationIn(annotations?.[DRAFT_FOR_ANNOTATION]);
  if (isSealed(transaction) || deletionTimestamp !== undefined || allowed === undefined) return false;
  return now - Date.parse(creationTimestamp ?? '') > allowed;
}

/** Milliseconds; undefined for what is no duration, which asks for nothing. */
function durationIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof InvalidDurationError) return undefined;
    throw error;
  }
}
