import type { Phase } from '../api/transaction.ts';

/** Which transaction an event is about. */
export interface EventSource {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * What the executor tells while it works. Status, Kubernetes Events, metrics and progress only consume these; nothing
 * in the saga depends on whether anybody listens.
 */
export type SagaEvent =
  | { readonly type: 'phase'; readonly of: EventSource; readonly from: Phase; readonly to: Phase; readonly because?: string }
  | { readonly type: 'begun'; readonly of: EventSource; readonly items: number }
  | { readonly type: 'ended'; readonly of: EventSource; readonly outcome: Phase; readonly seconds: number }
  | {
      readonly type: 'lock';
      readonly of: EventSource;
      readonly operation: 'acquire' | 'release';
      readonly result: 'ok' | 'held' | 'error';
      readonly object: string;
      readonly words?: string;
    }
  | {
      readonly type: 'item';
      readonly of: EventSource;
      readonly change: string;
      readonly operation: 'commit' | 'rollback';
      readonly result: 'ok' | 'error' | 'conflict';
      readonly object: string;
      readonly words?: string;
    }
  | { readonly type: 'warning'; readonly of: EventSource; readonly change: string; readonly words: string }
  | { readonly type: 'notice'; readonly of: EventSource; readonly reason: NoticeReason; readonly words: string };

/** Reasons that have no event type of their own; each is a row of api/events.ts. */
export type NoticeReason =
  | 'Timeout'
  | 'RequestRollback'
  | 'RetryRollback'
  | 'RecoveryInitiated'
  | 'RecoveryBlocked'
  | 'RollbackPartial'
  | 'ProtectedState'
  | 'DeletionRollback'
  | 'LockRenewalFailed'
  | 'LockWaiting'
  | 'LockFailed'
  | 'EnforcementLost';
