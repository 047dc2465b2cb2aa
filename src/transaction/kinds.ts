import type { Transaction } from '../api/transaction.ts';
import type { ObjectRef, ResourceKind } from '../kube/object.ts';

/** Our own resources as the API server serves them. */
export const TRANSACTIONS: ResourceKind = {
  group: 'tx.janus.io',
  version: 'v1alpha1',
  kind: 'Transaction',
  resource: 'transactions',
  namespaced: true,
};
export const RESOURCE_CHANGES: ResourceKind = {
  group: 'tx.janus.io',
  version: 'v1alpha1',
  kind: 'ResourceChange',
  resource: 'resourcechanges',
  namespaced: true,
};

/** Where a Transaction is served. */
export function refOfTransaction(transaction: Transaction): ObjectRef {
  const { namespace = '', name = '' } = transaction.metadata;
  return { kind: TRANSACTIONS, namespace, name };
}
