import { releaseLocks } from './unlock.ts';
import type { Work } from './work.ts';

/** Takes off every label and guard that this work has put on, and forgets what was taken under it. */
export async function letGo(work: Work): Promise<void> {
  const { transaction, attempt } = work.record;
  const [failed] = await Promise.all([
    releaseLocks(work.context, work.record, work.held()),
    work.context.guards.drop({ transaction: transaction.uid, attempt }),
  ]);
  work.live.clear();
  work.tried.clear();
  work.images.clear();
  if (failed[0] !== undefined) throw failed[0].error;
}
