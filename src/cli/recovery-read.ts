import { belongsTo } from '../api/resource-change.ts';
import type { ResourceChange } from '../api/resource-change.ts';
import type { Transaction } from '../api/transaction.ts';
import { apiVersionOf } from '../kube/object.ts';
import { CHANGES_PAGE } from '../transaction/changes.ts';
import { RESOURCE_CHANGES } from '../transaction/kinds.ts';
import type { Cluster } from './cluster.ts';
import { everyItem, recoveryItems } from './recovery.ts';
import type { RecoveryItem } from './recovery.ts';

/** The recovery items of a Transaction as its status stands at each call; what does not change is read once. */
export async function recoveryReader(cluster: Cluster, transaction: Transaction): Promise<(now: Transaction) => readonly RecoveryItem[]> {
  const { uid = '' } = transaction.metadata;
  const [list, kinds] = await Promise.all([
    cluster.client.list(RESOURCE_CHANGES, {
      namespace: cluster.namespace,
      limit: CHANGES_PAGE,
      keep: (object) => belongsTo(object, uid),
    }),
    cluster.kinds(),
  ]);
  const changes = list.items as unknown as readonly ResourceChange[];
  // A kind that is served no more is taken for one with namespaces, as nearly all are.
  const isNamespaced = (apiVersion: string, kind: string): boolean =>
    kinds.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion)?.namespaced ?? true;
  return (now) => recoveryItems(everyItem(now.status, changes), changes, isNamespaced);
}
