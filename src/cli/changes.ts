import { belongsTo, byExecution, type ResourceChange } from '../api/resource-change.ts';
import type { Transaction } from '../api/transaction.ts';
import { CHANGES_PAGE } from '../transaction/changes.ts';
import { RESOURCE_CHANGES } from '../transaction/kinds.ts';
import type { Cluster } from './cluster.ts';

/** The changes of a Transaction, in the order in which they are made. */
export async function changesOf({ client }: Pick<Cluster, 'client'>, { metadata }: Transaction): Promise<readonly ResourceChange[]> {
  const { namespace = '', uid = '' } = metadata;
  const { items } = await client.list(RESOURCE_CHANGES, { namespace, limit: CHANGES_PAGE, keep: (object) => belongsTo(object, uid) });
  return (items as unknown as readonly ResourceChange[]).toSorted(byExecution);
}
