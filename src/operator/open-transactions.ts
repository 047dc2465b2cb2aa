import type { KubeClient } from '../kube/client.ts';
import { isOpen } from '../transaction/record.ts';
import { RecordStore } from '../transaction/record-store.ts';

/** Names, with their namespaces, of the transactions whose locks hold. */
export async function openTransactions(client: KubeClient, systemNamespace: string): Promise<readonly string[]> {
  const { records } = await new RecordStore(client, systemNamespace).list();
  return records
    .filter(({ record }) => isOpen(record))
    .map(({ record: { transaction } }) => `${transaction.namespace}/${transaction.name}`);
}
