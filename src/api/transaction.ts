import type { API_VERSION } from './group.ts';
import type { ObjectMeta } from './metadata.ts';
import type { ResourceDefinition } from './resource.ts';
import { transactionSpecSchema } from './transaction-spec.ts';
import type { TransactionSpec } from './transaction-spec.ts';
import { transactionStatusSchema } from './transaction-status.ts';
import type { TransactionStatus } from './transaction-status.ts';

export type { Condition } from './conditions.ts';
export type { TransactionSpec } from './transaction-spec.ts';
export type { ItemStatus, Phase, TransactionStatus } from './transaction-status.ts';

/** A group of changes of which all take effect, or none. `spec` may be absent while it is a draft. */
export type Transaction = {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'Transaction';
  readonly metadata: ObjectMeta;
  readonly spec?: TransactionSpec;
  readonly status?: TransactionStatus;
};

/** A Transaction that has been sealed, and so has a spec. */
export type SealedTransaction = Transaction & { readonly spec: TransactionSpec };

/** True if the executor may take it up. */
export function isSealed(transaction: Transaction): transaction is SealedTransaction {
  return transaction.spec?.sealed === true;
}

/** The Transaction resource. */
export const TRANSACTION: ResourceDefinition = {
  kind: 'Transaction',
  plural: 'transactions',
  singular: 'transaction',
  shortNames: ['txn'],
  description:
    'A group of changes to Kubernetes objects of which all take effect, or none. Create it, add ResourceChanges that name it as owner, then set spec.sealed. While it is open, its objects are locked.',
  spec: transactionSpecSchema,
  specRequired: false,
  status: transactionStatusSchema,
  rules: [
    {
      rule: '!(has(oldSelf.spec) && has(oldSelf.spec.sealed) && oldSelf.spec.sealed) || has(self.spec)',
      message: 'spec is immutable once the transaction is sealed; create another transaction',
      fieldPath: '.spec',
      reason: 'FieldValueForbidden',
    },
  ],
  columns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'Where it stands.' },
    { name: 'Sealed', type: 'boolean', jsonPath: '.spec.sealed', description: 'Whether it was started.' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since when it exists.' },
    { name: 'Items', type: 'integer', jsonPath: '.status.itemsTotal', description: 'How many changes it has.', priority: 1 },
    { name: 'Committed', type: 'integer', jsonPath: '.status.itemsCommitted', description: 'How many of them are in effect.', priority: 1 },
    {
      name: 'Service Account',
      type: 'string',
      jsonPath: '.spec.serviceAccountName',
      description: 'As whom changes are made.',
      priority: 1,
    },
    { name: 'Holder', type: 'string', jsonPath: '.status.holder', description: 'Who sealed it.', priority: 1 },
    { name: 'Description', type: 'string', jsonPath: '.spec.description', description: 'What it is for.', priority: 1 },
  ],
  selectableFields: ['.spec.serviceAccountName', '.status.phase'],
};
