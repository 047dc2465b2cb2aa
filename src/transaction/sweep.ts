import type { Transaction } from '../api/transaction.ts';
import type { SagaContext } from './context.ts';
import { dropGuards } from './guard.ts';
import { finishOrphan } from './orphan.ts';
import { cleanUp } from './leftovers.ts';
import { isOpen } from './record.ts';
import { RecordTakenError, type StoredRecord } from './record-store.ts';

/**
 * Looks after records: those of Transactions that are gone are finished and removed, those that ended longer than the
 * history's time ago are removed, and once no write of theirs can be under way any more, what late ones may have left is
 * cleaned up. So are guards of transactions that have ended. `exists` answers from a synced watch.
 * @returns names of Secrets that are no record we can read: for a person to look at
 */
export async function sweep(
  context: SagaContext,
  exists: (uid: string) => Transaction | undefined,
  report: (error: unknown) => void,
): Promise<readonly string[]> {
  const guarded = await context.guards.holders();
  const { records, broken } = await context.records.list();
  for (const stored of records) {
    const { record } = stored;
    const { uid } = record.transaction;
    try {
      if (exists(uid) === undefined) await finishOrphan(context, uid);
      else if (!isOpen(record) && isOld(context, record.endedAt)) await context.records.remove(uid);
      else if (!isOpen(record)) await cleanUpOnce(context, stored);
    } catch (error) {
      // Somebody asks for a rollback just now: then there is nothing to look through yet.
      if (!(error instanceof RecordTakenError)) report(error);
    }
  }
  for (const uid of guarded) await dropGuards(context, uid).catch(report);
  return broken;
}

/** Once an end: objects are others' again, and looking through them for ever would cost a list a kind each time. */
async function cleanUpOnce(context: SagaContext, stored: StoredRecord): Promise<void> {
  const { cleanedAfter, endedAt } = stored.record;
  if (endedAt === undefined || cleanedAfter === endedAt) return;
  if (context.now() - Date.parse(endedAt) <= context.settings.createLandsWithinMs) return;
  const left = await cleanUp(context, stored.record);
  if (left === 0) await context.records.replace(stored, { ...stored.record, cleanedAfter: endedAt });
}

function isOld(context: SagaContext, endedAt: string | undefined): boolean {
  return endedAt !== undefined && context.now() - Date.parse(endedAt) > context.settings.historyTtlMs;
}
