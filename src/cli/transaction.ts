import type { Transaction } from '../api/transaction.ts';
import { suggestion } from '../api/nearest.ts';
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
export async function readTransaction(cluster: Pick<Cluster, 'client' | 'namespace'>, name: string): Promise<Transaction> {
  requireName(name, 'TXN');
  const { client, namespace } = cluster;
  try {
    return (await client.get({ kind: TRANSACTIONS, namespace, name })) as unknown as Transaction;
  } catch (error) {
    throw isMissing(error) ? await noSuchTransaction(cluster, name, error) : error;
  }
}

/** Whether the server says that the object is not there, rather than that it does not know the resource. */
export function isMissing(error: unknown): boolean {
  return isApiError(error, 404) && error.status.details?.name !== undefined;
}

/** What is said where a Transaction is not there: with the nearest name, or the namespace where there is one, if the caller may look. */
export async function noSuchTransaction(cluster: Pick<Cluster, 'client' | 'namespace'>, name: string, cause: unknown): Promise<Fault> {
  const { namespace } = cluster;
  const missing = `There is no Transaction ${name} in namespace ${namespace}`;
  const here = await namesIn(cluster, namespace);
  const near = suggestion(
    name,
    here.map((one) => one.name),
  );
  if (near !== '') return new Fault(`${missing}.${near}`, { cause });
  const elsewhere = (await namesIn(cluster, undefined)).find((one) => one.name === name);
  if (elsewhere !== undefined)
    return new Fault(`${missing}, but there is one in ${elsewhere.namespace}: add "-n ${elsewhere.namespace}".`, { cause });
  return new Fault(`${missing}: check the name, or name its namespace with -n ("janus list -A" lists all).`, { cause });
}

async function namesIn({ client }: Pick<Cluster, 'client'>, namespace: string | undefined): Promise<readonly Named[]> {
  try {
    const options = { metadataOnly: true, limit: 500, ...(namespace === undefined ? {} : { namespace }) };
    const { items } = await client.list(TRANSACTIONS, options);
    return items.map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' }));
  } catch (error) {
    if (isApiError(error)) return [];
    throw error;
  }
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}
