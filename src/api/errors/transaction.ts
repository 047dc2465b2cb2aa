import { row } from './row.ts';

const NOTHING_TOUCHED = 'Nothing was changed.';

/** A transaction could not go on. */
export const TRANSACTION_ERRORS = {
  ServiceAccountNotFound: row({
    status: 404,
    reason: 'NotFound',
    message: ({ account }: { account: string }) => `There is no ServiceAccount ${account}`,
    next: () => `${NOTHING_TOUCHED} Create it, then create another transaction.`,
    example: { account: 'shop/deployer' },
  }),
  NoChanges: row({
    status: 422,
    reason: 'Invalid',
    message: ({ transaction }: { transaction: string }) => `Transaction ${transaction} was sealed without a ResourceChange`,
    next: () => 'Create a transaction, add ResourceChanges that name it as owner, and seal it last.',
    example: { transaction: 'shop/release' },
  }),
  UnknownKind: row({
    status: 404,
    reason: 'NotFound',
    message: ({ change, kind, apiVersion }: { change: string; kind: string; apiVersion: string }) =>
      `${change}: the API server has no kind ${kind} in ${apiVersion}`,
    next: () => `${NOTHING_TOUCHED} kubectl api-resources lists what there is.`,
    example: { change: 'release-patch-settings', kind: 'ConfigMapp', apiVersion: 'v1' },
  }),
  TargetNotLockable: row({
    status: 422,
    reason: 'Invalid',
    message: ({ change, object, why }: { change: string; object: string; why: string }) =>
      `${change}: ${object} cannot be a target: ${why}`,
    next: () => `${NOTHING_TOUCHED} Make this change outside of a transaction.`,
    example: { change: 'release-patch-metrics', object: 'PodMetrics shop/web', why: 'its kind is served by an aggregated API server' },
  }),
  PreflightFailed: row({
    status: 422,
    reason: 'Invalid',
    message: ({ change, object, answer }: { change: string; object: string; answer: string }) =>
      `${change}: a dry run of the change to ${object} was refused: ${answer}`,
    next: () => `${NOTHING_TOUCHED} Correct the change, then create another transaction.`,
    example: { change: 'release-patch-settings', object: 'ConfigMap shop/settings', answer: 'data.port: must be a string' },
  }),
  Irreversible: row({
    status: 422,
    reason: 'Invalid',
    message: ({ change, object, why }: { change: string; object: string; why: string }) =>
      `${change}: the change to ${object} could not be wholly undone: ${why}`,
    next: () => `${NOTHING_TOUCHED} Leave it out, or set spec.irreversible to Allow.`,
    example: { change: 'release-delete-old', object: 'Namespace old', why: 'everything in the namespace goes with it' },
  }),
  LockTimeout: row({
    status: 504,
    reason: 'Timeout',
    message: ({ object, holder, waited }: { object: string; holder: string; waited: string }) =>
      `${object} was held by Transaction ${holder} for longer than spec.lockTimeout (${waited})`,
    next: () => `${NOTHING_TOUCHED} Try again when that one has ended, or wait longer.`,
    example: { object: 'ConfigMap shop/settings', holder: 'shop/other', waited: '5m' },
  }),
  LockConflict: row({
    status: 409,
    reason: 'Conflict',
    message: ({ object, holder }: { object: string; holder: string }) =>
      `${object} is held by Transaction ${holder}, and spec.onConflict is Fail`,
    next: () => `${NOTHING_TOUCHED} Try again when that one has ended, or set spec.onConflict to Wait.`,
    example: { object: 'ConfigMap shop/settings', holder: 'shop/other' },
  }),
  CommitFailed: row({
    status: 422,
    reason: 'Invalid',
    message: ({ change, object, answer }: { change: string; object: string; answer: string }) =>
      `${change}: the change to ${object} failed: ${answer}`,
    next: () => 'What was done is rolled back. Correct the change, then create another transaction.',
    example: { change: 'release-patch-settings', object: 'ConfigMap shop/settings', answer: 'exceeded quota' },
  }),
  HealthTimeout: row({
    status: 504,
    reason: 'Timeout',
    message: ({ object, waited, state }: { object: string; waited: string; state: string }) =>
      `${object} did not get ready within spec.health.timeout (${waited}): ${state}`,
    next: () => 'What was done is rolled back. Find out why it does not get ready, or wait longer.',
    example: { object: 'Deployment shop/web', waited: '5m', state: '1 of 3 replicas available' },
  }),
  TransactionTimeout: row({
    status: 504,
    reason: 'Timeout',
    message: ({ transaction, waited }: { transaction: string; waited: string }) =>
      `Transaction ${transaction} took longer than spec.timeout (${waited})`,
    next: () => 'What was done is rolled back. Allow more time, or make the transaction smaller.',
    example: { transaction: 'shop/release', waited: '30m' },
  }),
} as const;
