import type { SealedTransaction } from '../api/transaction.ts';
import type { TransactionSettings } from '../api/transaction-settings.ts';
import type { Plan, PlannedTarget } from './plan.ts';
import type { SagaRecord, SagaTarget } from './record.ts';
import { sealerOf } from './requester.ts';
import { sourceOf } from './resolve.ts';

/** The record with which a transaction begins. `now` in milliseconds. */
export function firstRecord(
  transaction: SealedTransaction,
  settings: TransactionSettings,
  plan: Plan,
  now: number,
  term: string,
): SagaRecord {
  return {
    schema: 1,
    transaction: sourceOf(transaction),
    serviceAccountName: settings.serviceAccountName,
    requester: sealerOf(transaction),
    phase: 'Preparing',
    attempt: 1,
    term,
    foreignWrites: settings.foreignWrites,
    lockedSince: new Date(now).toISOString(),
    deadline: new Date(now + settings.timeoutMs).toISOString(),
    targets: plan.targets.map(targetOf),
  };
}

/** Update and Delete take the whole object; Patch and Create only what they write. */
function targetOf(planned: PlannedTarget): SagaTarget {
  const scope = planned.changes.every((change) => change.type === 'Patch' || change.type === 'Create') ? 'fields' : 'object';
  return {
    kind: planned.kind,
    ...(planned.namespace === undefined ? {} : { namespace: planned.namespace }),
    name: planned.name,
    changes: planned.changes.map(({ name, type, order }) => ({ name, type, order })),
    scope,
    lockBy: 'patch',
  };
}
