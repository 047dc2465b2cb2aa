import { AUTHORITIES_SECRET } from '../../admission/authority-store.ts';
import { unregister } from '../../admission/registration.ts';
import { LEASE_CLEANUP_FINALIZER, ROLLBACK_PROTECTION_FINALIZER } from '../../api/group.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { removeFinalizer } from '../../kube/finalizer.ts';
import { LEASES, leaseRef } from '../../kube/lease/lease.ts';
import type { KubeObject, ObjectRef } from '../../kube/object.ts';
import { SECRETS } from '../../kube/well-known.ts';
import { refOfTransaction } from '../../transaction/kinds.ts';
import { RECORD_LABEL } from '../../transaction/record-store.ts';
import { GRANT_KEYS_SECRET } from '../grant-keys.ts';
import { markerRef } from './marker.ts';
import { everyTransaction } from './unfinished.ts';

const FINALIZERS = [LEASE_CLEANUP_FINALIZER, ROLLBACK_PROTECTION_FINALIZER];

/**
 * Takes away everything that Janus itself has made, but the mark of its removal: webhook configurations first, so that nothing waits for
 * it, then records, finalizers, keys and Leases. Definitions, Transactions and their changes stay. May be done again at any time.
 */
export async function takeAway(client: KubeClient, systemNamespace: string): Promise<void> {
  await unregister(client);
  for (const transaction of await everyTransaction(client))
    for (const finalizer of FINALIZERS.filter((one) => transaction.metadata.finalizers?.includes(one)))
      await removeFinalizer(client, refOfTransaction(transaction), transaction as Parameters<typeof removeFinalizer>[2], finalizer);
  const records = await client.list(SECRETS, { namespace: systemNamespace, labelSelector: RECORD_LABEL, metadataOnly: true, limit: 500 });
  const secrets = [...records.items.map(({ metadata }) => metadata.name ?? ''), GRANT_KEYS_SECRET];
  for (const name of secrets) await remove(client, { kind: SECRETS, namespace: systemNamespace, name });
  await removeOwnAuthorities(client, { kind: SECRETS, namespace: systemNamespace, name: AUTHORITIES_SECRET });
  const leases = await client.list(LEASES, { namespace: systemNamespace, labelSelector: 'app.kubernetes.io/name=janus' });
  const marker = markerRef(systemNamespace).name;
  for (const { metadata } of leases.items)
    if (metadata.name !== marker) await remove(client, leaseRef(systemNamespace, metadata.name ?? ''));
}

/** Not cert-manager's, of the same name. */
async function removeOwnAuthorities(client: KubeClient, ref: ObjectRef): Promise<void> {
  try {
    const { type } = await client.get<KubeObject & { readonly type?: string }>(ref);
    if (type?.startsWith('tx.janus.io/') === true) await remove(client, ref);
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
}

async function remove(client: KubeClient, ref: ObjectRef): Promise<void> {
  try {
    await client.delete(ref);
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
}
