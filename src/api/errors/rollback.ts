import { row } from './row.ts';

const ITEM = { change: 'release-patch-settings', object: 'ConfigMap shop/settings' };

/** Something could not be undone. */
export const ROLLBACK_ERRORS = {
  RollbackConflict: row({
    status: 409,
    reason: 'Conflict',
    message: ({ change, object }: { change: string; object: string }) =>
      `${change}: what the transaction wrote to ${object} was changed since, so it was left alone`,
    next: () => 'janus recover plan shows what would be restored; janus recover apply --force restores it all the same.',
    example: ITEM,
  }),
  RollbackForbidden: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ change, object, account }: { change: string; object: string; account: string }) =>
      `${change}: ServiceAccount ${account} may no longer write ${object}, so it could not be restored`,
    next: () => 'Give the right back: the rollback is tried again by itself.',
    example: { ...ITEM, account: 'shop/deployer' },
  }),
  RollbackRefused: row({
    status: 422,
    reason: 'Invalid',
    message: ({ change, object, answer }: { change: string; object: string; answer: string }) =>
      `${change}: restoring ${object} was refused: ${answer}`,
    next: () => 'Remove what is in the way: the rollback is tried again by itself.',
    example: { ...ITEM, answer: 'a quota is exceeded' },
  }),
  HistoryExpired: row({
    status: 410,
    reason: 'Expired',
    message: ({ transaction }: { transaction: string }) => `What a rollback of Transaction ${transaction} needs is no longer kept`,
    next: () => 'Undo it by a new transaction. How long it is kept is the setting historyTTL.',
    example: { transaction: 'shop/release' },
  }),
  RecordMissing: row({
    status: 404,
    reason: 'NotFound',
    message: ({ transaction }: { transaction: string }) => `Transaction ${transaction} has no record, so it cannot be recovered`,
    next: () =>
      "The record is a Secret in Janus's own namespace. If it was deleted, restore it from a backup, or undo by a new transaction.",
    example: { transaction: 'shop/release' },
  }),
} as const;
