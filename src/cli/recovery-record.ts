import { isApiError } from '../kube/errors.ts';
import { SECRETS } from '../kube/well-known.ts';
import { isOpen, type SagaRecord, type SagaTarget } from '../transaction/record.ts';
import { RECORD_LABEL, storedFrom } from '../transaction/record-store.ts';
import type { Cluster } from './cluster.ts';
import type { RecoveryItem } from './recovery.ts';

/**
 * The record of a Transaction that is gone, of the latest one of that name that is not over; undefined where there is none, or
 * one may not look: records are for administrators only.
 */
export async function recordOfGone({ client, namespace }: Cluster, name: string, systemNamespace: string): Promise<SagaRecord | undefined> {
  try {
    const { items } = await client.list(SECRETS, { namespace: systemNamespace, labelSelector: RECORD_LABEL, limit: 100 });
    const records = items.flatMap((secret) => {
      const named = secret.metadata.annotations?.['tx.janus.io/transaction'] === `${namespace}/${name}`;
      return named && secret['type'] === 'tx.janus.io/record' ? [storedFrom(secret).record] : [];
    });
    return records
      .filter(isOpen)
      .toSorted((a, b) => a.lockedSince.localeCompare(b.lockedSince))
      .at(-1);
  } catch (error) {
    if (isApiError(error, 403, 404)) return undefined;
    throw error;
  }
}

/** What a rollback has done and has left to do by the record, in the order in which it does it; one line a change. */
export function itemsOfRecord({ targets }: Pick<SagaRecord, 'targets'>): readonly RecoveryItem[] {
  return targets
    .flatMap((target) => target.changes.map((change) => ({ target, change })))
    .toSorted((a, b) => b.change.order - a.change.order || b.change.name.localeCompare(a.change.name))
    .map(({ target, change }) => ({
      change: change.name,
      state: stateOf(target),
      action: change.type === 'Create' && target.uid === undefined ? 'DELETE' : 'RESTORE',
      target: [target.kind.kind, ...(target.namespace === undefined ? [] : [target.namespace]), target.name].join('/'),
      ...(target.conflict === undefined ? {} : { error: target.conflict }),
    }));
}

function stateOf({ conflict, undone }: SagaTarget): RecoveryItem['state'] {
  if (undone === true) return 'done';
  return conflict === undefined ? 'pending' : 'conflict';
}
