import type { Transaction } from '../api/transaction.ts';
import { isApiError } from '../kube/errors.ts';
import { TRANSACTIONS } from '../transaction/kinds.ts';
import type { Cluster } from './cluster.ts';
import { Fault } from './fault.ts';
import { requireName } from './names.ts';

/**
 * The Transaction of that name, in the namespace that the flags mean.
 *
 * @throws Fault where there is none.
 */
export async function readTransaction({ client, namespace }: Cluster, name: string): Promise<Transaction> {
  requireName(name, 'TXN');
  try {
    return (await client.get({ kind: TRANSACTIONS, namespace, name })) as unknown as Transaction;
  } catch (error) {
    throw isMissing(error) ? noSuchTransaction(namespace, name, error) : error;
  }
}

/** Whether the server says that the object is not there, rather than that it does not know the resource. */
export function isMissing(error: unknown): boolean {
  return isApiError(error, 404) && error.status.details?.name !== undefined;
}

/** What is said where a Transaction is not there. */
export function noSuchTransaction(namespace: string, name: string, cause: unknown): Fault {
  return new Fault(
    `There is no Transaction ${name} in namespace ${namespace}: check the name, or name its namespace with -n ("kubectl get transactions -A" lists all).`,
    { cause },
  );
}
