import { row } from './row.ts';

const HELD = {
  object: 'ConfigMap shop/settings',
  transaction: 'shop/release',
  holder: 'alice',
  progress: '2 of 5 changes applied',
  since: '2026-01-01T12:00:00Z',
};

/** A write met a lock. */
export const LOCK_ERRORS = {
  Locked: row({
    status: 423,
    reason: 'Locked',
    message: ({ object, transaction, holder, progress, since }: typeof HELD) =>
      `${object} is locked by Transaction ${transaction} of ${holder} since ${since} (${progress})`,
    next: ({ transaction }) => `Try again when it has ended: ${watch(transaction)}`,
    example: HELD,
  }),
  LockedDelay: row({
    status: 429,
    reason: 'TooManyRequests',
    message: ({ object, transaction, holder, seconds }: { object: string; transaction: string; holder: string; seconds: number }) =>
      `${object} is locked by Transaction ${transaction} of ${holder}, which should end in about ${seconds} s`,
    next: ({ seconds }) => `kubectl and client libraries wait and try again by themselves; others should do so after ${seconds} s.`,
    example: { object: HELD.object, transaction: HELD.transaction, holder: HELD.holder, seconds: 3 },
  }),
  NameReserved: row({
    status: 423,
    reason: 'Locked',
    message: ({ object, transaction }: { object: string; transaction: string }) =>
      `The name of ${object} is reserved by Transaction ${transaction}, which creates it or may have to restore it`,
    next: ({ transaction }) => `Try again when it has ended: ${watch(transaction)}`,
    example: { object: HELD.object, transaction: HELD.transaction },
  }),
  ContainerLocked: row({
    status: 423,
    reason: 'Locked',
    message: ({ object, transaction }: { object: string; transaction: string }) =>
      `${object} cannot be deleted while Transaction ${transaction} holds objects in it`,
    next: ({ transaction }) => `Try again when it has ended: ${watch(transaction)}`,
    example: { object: 'Namespace shop', transaction: HELD.transaction },
  }),
  LockLabelForbidden: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ object }: { object: string }) =>
      `The label tx.janus.io/lock of ${object} is a lock; only Janus adds, changes or removes it`,
    next: () => 'Leave the label as it is. To break a lock: janus unlock --force.',
    example: { object: HELD.object },
  }),
  RecordUnreadable: row({
    status: 503,
    reason: 'ServiceUnavailable',
    message: ({ object }: { object: string }) => `${object} carries a lock, and Janus could not find out whether the lock still holds`,
    next: () => 'Nothing was changed. Try again; if it goes on, look at the log of the Janus webhook.',
    example: { object: HELD.object },
  }),
  UnlockForbidden: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ user, transaction }: { user: string; transaction: string }) =>
      `${user} may not break the locks of Transaction ${transaction}`,
    next: () => 'It takes the verb unlock on transactions.tx.janus.io in the namespace of the Transaction.',
    example: { user: 'bob', transaction: HELD.transaction },
  }),
} as const;

function watch(transaction: string): string {
  const [namespace, name] = transaction.split('/');
  return `kubectl get transaction ${name ?? ''} -n ${namespace ?? ''} -w`;
}
