import { API_VERSION, TRANSACTION_LABEL } from '../api/group.ts';
import type { ResourceChange } from '../api/resource-change.ts';
import type { Transaction } from '../api/transaction.ts';
import { apiVersionOf } from '../kube/object.ts';
import type { PlannedChange } from './planned-change.ts';

/** Values of labels have at most this many characters; names may have more. */
const MAX_LABEL_VALUE = 63;

/** The ResourceChange that adds a planned change to a Transaction that exists. */
export function changeObject(transaction: Transaction, name: string, planned: PlannedChange, order: number): ResourceChange {
  const { content, kind, namespace, type } = planned;
  const { name: owner = '', namespace: home = '', uid = '' } = transaction.metadata;
  return {
    apiVersion: API_VERSION,
    kind: 'ResourceChange',
    metadata: {
      name,
      namespace: home,
      // What belongs to a transaction is decided by the owner reference; the label is for selecting only.
      ...(owner.length > MAX_LABEL_VALUE ? {} : { labels: { [TRANSACTION_LABEL]: owner } }),
      ownerReferences: [{ apiVersion: API_VERSION, kind: 'Transaction', name: owner, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      target: { apiVersion: apiVersionOf(kind), kind: kind.kind, name: planned.name, ...(namespace === undefined ? {} : { namespace }) },
      type,
      ...(content === undefined ? {} : { content }),
      order,
    },
  };
}
