import { row } from './row.ts';

/** Somebody asked for what cannot be, or what they may not. */
export const REQUEST_ERRORS = {
  Invalid: row({
    status: 422,
    reason: 'Invalid',
    message: ({ object, faults }: { object: string; faults: string }) => `${object} is invalid: ${faults}`,
    next: () => 'Correct the fields named. kubectl explain transaction.spec and kubectl explain resourcechange.spec tell what they mean.',
    example: { object: 'Transaction shop/release', faults: 'spec.timeout: must be longer than zero, not 0s' },
  }),
  ImpersonationForbidden: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ user, account }: { user: string; account: string }) => `${user} may not act as ServiceAccount ${account}`,
    next: () => 'Ask for the verb impersonate on that ServiceAccount, or name one that you may use.',
    example: { user: 'bob', account: 'shop/deployer' },
  }),
  StatusForbidden: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ transaction }: { transaction: string }) => `The status of Transaction ${transaction} is written by Janus only`,
    next: () => 'To ask for a rollback, set the annotation tx.janus.io/request-rollback.',
    example: { transaction: 'shop/release' },
  }),
  ChangeInUse: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ change, transaction }: { change: string; transaction: string }) =>
      `ResourceChange ${change} belongs to Transaction ${transaction}, which is sealed and not finished`,
    next: () => 'Wait until it is, or delete the Transaction: then it is rolled back.',
    example: { change: 'shop/release-patch-settings', transaction: 'shop/release' },
  }),
  SystemNamespaceForbidden: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ object }: { object: string }) => `${object} belongs to Janus and may be changed by Janus only`,
    next: () => 'To remove Janus, follow the uninstallation guide, which ends open transactions first.',
    example: { object: 'Secret janus-system/tx-5f0c' },
  }),
  Malformed: row({
    status: 400,
    reason: 'BadRequest',
    message: ({ fault }: { fault: string }) => `The request is not an admission review: ${fault}`,
    next: () => 'Only an API server should call this address. If it did, compare its version with those that Janus supports.',
    example: { fault: 'the body is no JSON' },
  }),
  Internal: row({
    status: 500,
    reason: 'InternalError',
    message: ({ object }: { object: string }) => `Janus could not decide about a write to ${object}, so it was refused`,
    next: () => 'Nothing was changed. Try again; if it goes on, look at the log of the Janus webhook.',
    example: { object: 'ConfigMap shop/settings' },
  }),
} as const;
