/** One reason of a Kubernetes Event that the executor writes about a Transaction. */
interface EventRow {
  readonly reason: string;
  readonly type: 'Normal' | 'Warning';
  /** When it is written as a Warning all the same. */
  readonly warningWhen?: string;
  readonly meaning: string;
}

/** Every Event reason. */
const EVENTS = [
  { reason: 'Initializing', type: 'Normal', meaning: 'The sealed transaction is taken up. Says how many changes it has.' },
  { reason: 'PhaseTransition', type: 'Normal', warningWhen: 'the new phase is RollingBack or Failed', meaning: 'The phase changed.' },
  { reason: 'PreflightFailed', type: 'Warning', meaning: 'A dry run showed that a change is certain to fail. Nothing was touched.' },
  { reason: 'IrreversibleChange', type: 'Warning', meaning: 'A change does what no rollback can wholly undo. Names it.' },
  { reason: 'LockWaiting', type: 'Normal', meaning: 'An object is held by another transaction, and this one waits. Names both.' },
  { reason: 'LockFailed', type: 'Warning', meaning: 'An object could not be locked. Names it and its holder.' },
  { reason: 'LockRenewalFailed', type: 'Warning', meaning: 'A lock was found changed or gone in the middle of the transaction.' },
  {
    reason: 'EnforcementLost',
    type: 'Warning',
    meaning:
      'A webhook configuration of Janus was removed or changed, so locks do not hold. The transaction waits until they do, and touches nothing.',
  },
  { reason: 'ItemCommitted', type: 'Normal', meaning: 'One change is applied.' },
  { reason: 'ConflictDetected', type: 'Warning', meaning: 'An object is not as it was when it was prepared.' },
  { reason: 'CommitFailed', type: 'Warning', meaning: 'One change was refused or failed. A rollback follows.' },
  { reason: 'HealthWaiting', type: 'Normal', meaning: 'The objects of an order are applied and not ready yet.' },
  {
    reason: 'HealthFailed',
    type: 'Warning',
    meaning: 'What was changed did not get ready within spec.health.timeout. A rollback follows.',
  },
  { reason: 'Timeout', type: 'Warning', meaning: 'spec.timeout has passed.' },
  { reason: 'ItemRolledBack', type: 'Normal', meaning: 'One change is undone.' },
  {
    reason: 'RequestRollback',
    type: 'Warning',
    meaning: 'A transaction is rolled back on request: after its commit, or before it was through.',
  },
  { reason: 'RetryRollback', type: 'Normal', meaning: 'A failed rollback is tried again on request.' },
  { reason: 'RollbackConflict', type: 'Warning', meaning: 'What the transaction wrote was changed since, so it is left alone.' },
  { reason: 'RollbackFailed', type: 'Warning', meaning: 'One change could not be undone. Names the object and the answer.' },
  { reason: 'RollbackPartial', type: 'Warning', meaning: 'The rollback ended with changes left. Says how many.' },
  { reason: 'RestoredWithDifferences', type: 'Warning', meaning: 'An object could not be restored exactly. Lists the paths.' },
  { reason: 'RecoveryInitiated', type: 'Warning', meaning: 'An interrupted or failed transaction is taken up again.' },
  { reason: 'RecoveryBlocked', type: 'Warning', meaning: 'It cannot be recovered, since its record is gone.' },
  { reason: 'HistoryExpired', type: 'Warning', meaning: 'A rollback was requested, and what is needed for it is no longer kept.' },
  {
    reason: 'ForeignWriteDenied',
    type: 'Warning',
    meaning: 'A write by somebody else to a locked object was refused. Counted, not repeated.',
  },
  { reason: 'ForceUnlocked', type: 'Warning', meaning: 'A lock was removed by force. Names who did it.' },
  { reason: 'ProtectedState', type: 'Warning', meaning: 'The transaction is being deleted, and there is still something to undo.' },
  { reason: 'DeletionRollback', type: 'Warning', meaning: 'The transaction is being deleted before its end, and is rolled back first.' },
] as const satisfies readonly EventRow[];

/** Reason of an Event of ours. */
export type EventReason = (typeof EVENTS)[number]['reason'];

/** The table with every row typed alike. */
export const EVENT_ROWS: readonly (EventRow & { readonly reason: EventReason })[] = EVENTS;
