import type { ItemStatus } from '../api/transaction.ts';
import { ItemProgress } from './item-progress.ts';
import type { SagaRecord } from './record.ts';

/** Where each change of a transaction stands that has a record: as its status says, and for what that leaves out, as the record does. */
export function recordedProgress(record: SagaRecord, shown: readonly ItemStatus[] = []): ItemProgress {
  const known = new Set(shown.map(({ name }) => name));
  const names = record.targets.flatMap((target) => target.changes.map(({ name }) => name));
  const items = new ItemProgress(names, shown);
  for (const { after, undone, changes } of record.targets) {
    if (after === undefined) continue;
    for (const { name } of changes) {
      if (!known.has(name)) items.set(name, { prepared: true, committed: true, rolledBack: undone === true });
    }
  }
  return items;
}
