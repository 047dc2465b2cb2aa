import type { Transaction } from '../api/transaction.ts';
import type { SagaContext } from './context.ts';
import { finishOrphan } from './orphan.ts';
import { isOpen } from './record.ts';

/**
 * Looks after records: those of Transactions that are gone are finished and removed, those that ended longer than the
 * history's time ago are removed. `exists` answers from a synced watch.
 * @returns names of Secrets that are no record we can read: for a person to look at
 */
export async function sweep(
  context: SagaContext,
  exists: (uid: string) => Transaction | undefined,
  report: (error: unknown) => void,
): Promise<readonly string[]> {
  const { records, broken } = await context.records.list();
  for (const { record } of records) {
    const { uid } = record.transaction;
    try {
      if (exists(uid) === undefined) await finishOrphan(context, uid);
      else if (!isOpen(record) && isOld(context, record.endedAt)) await context.records.remove(uid);
    } catch (error) {
      report(error);
    }
  }
  return broken;
}

function isOld(context: SagaContext, endedAt: string | undefined): boolean {
  return endedAt !== undefined && context.now() - Date.parse(endedAt) > context.settings.historyTtlMs;
}
