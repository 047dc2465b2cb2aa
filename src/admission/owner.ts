import { metadata } from './metadata.ts';
import type { ReviewedObject } from './review.ts';
import { isObject, own } from './review.ts';

/** The Transaction that a ResourceChange says it belongs to. */
export interface TransactionOwner {
  readonly name: string;
  readonly uid: string;
  /** Path of the owner reference, for faults. */
  readonly field: string;
}

/** Every owner reference that names a Transaction, in any version of our group. */
export function transactionOwners(object: ReviewedObject): readonly TransactionOwner[] {
  const references = own(metadata(object), 'ownerReferences');
  if (!Array.isArray(references)) return [];
  return references.flatMap((reference: unknown, index) => {
    if (!isObject(reference) || !isTransaction(reference)) return [];
    return [{ name: String(own(reference, 'name')), uid: String(own(reference, 'uid')), field: `metadata.ownerReferences[${index}]` }];
  });
}

function isTransaction(reference: ReviewedObject): boolean {
  return own(reference, 'kind') === 'Transaction' && String(own(reference, 'apiVersion')).startsWith('tx.janus.io/');
}
