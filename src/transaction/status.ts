import type { Condition, ItemStatus, Phase, TransactionStatus } from '../api/transaction.ts';
import type { ConditionReasonOf, ConditionType } from '../api/conditions.ts';
import { shownItems } from './status-items.ts';
import { findCondition, removeCondition, setCondition } from '../kube/conditions.ts';

/** What the executor knows of a transaction, to be told to readers. */
export interface Told {
  readonly phase: Phase;
  readonly items: readonly ItemStatus[];
  readonly holder: string;
  /** Why it failed or was rolled back. */
  readonly because?: string;
  /** Paths that a rollback could not put back exactly. */
  readonly inexact?: readonly string[];
  /** Set once the transaction has begun. */
  readonly recordName?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** True while a failed rollback is tried again by itself. */
  readonly unfinished?: boolean;
}

const ENDED: ReadonlySet<Phase> = new Set(['Committed', 'RolledBack', 'Failed']);

/** Phases that come only after every change was prepared. */
const PREPARED: ReadonlySet<Phase> = new Set(['Prepared', 'Committing', 'Committed', 'RollingBack']);

/** Phases in which what was committed no longer stands. */
const GOES_BACK: ReadonlySet<Phase> = new Set(['RollingBack', 'RolledBack', 'Failed']);

/** True for a phase that ends a transaction, unless somebody asks for a rollback. */
export function isEnded(phase: Phase | undefined): boolean {
  return phase !== undefined && ENDED.has(phase);
}

/** The status that tells readers what the executor knows: pure, from what it was and what is known now. */
export function statusOf(previous: TransactionStatus | undefined, told: Told, generation: number, now: string): TransactionStatus {
  const committed = told.items.filter((item) => item.committed && !item.rolledBack).length;
  const { startedAt = told.startedAt } = previous ?? {};
  const completedAt = isEnded(told.phase) ? (told.endedAt ?? now) : undefined;
  return {
    phase: told.phase,
    version: (previous?.version ?? 0) + 1,
    observedGeneration: generation,
    itemsTotal: told.items.length,
    itemsCommitted: committed,
    holder: told.holder,
    items: shownItems(told.items, told.phase),
    ...(told.recordName === undefined ? {} : { rollbackRef: told.recordName }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(completedAt === undefined ? {} : { completedAt }),
    conditions: conditionsOf(previous?.conditions ?? [], told, generation, now),
  };
}

function conditionsOf(previous: readonly Condition[], told: Told, generation: number, now: string): readonly Condition[] {
  let list = previous;
  const set = <T extends ConditionType>(type: T, status: 'True' | 'False', reason: ConditionReasonOf<T>, message = ''): void => {
    list = setCondition(list, { type, status, reason, message: message.slice(0, 32_000), observedGeneration: generation }, now);
  };
  const unset = (type: ConditionType): void => void (list = removeCondition(list, type));
  const because = told.because ?? '';
  milestones(told, list, set, unset);
  if (told.phase === 'Committed') set('Ready', 'True', 'Committed', 'every change is in effect');
  else if (told.phase === 'RolledBack' || told.phase === 'Failed') set('Ready', 'False', told.phase, because);
  else set('Ready', 'False', 'InProgress', `${told.phase}: ${progressWords(told)}`);
  if (isEnded(told.phase) || told.phase === 'Pending') unset('Reconciling');
  else set('Reconciling', 'True', reconcilingReason(told.phase), progressWords(told));
  if (told.phase === 'RolledBack') set('Stalled', 'True', 'RolledBack', because);
  else if (told.phase === 'Failed') set('Stalled', 'True', told.unfinished === true ? 'RollbackFailed' : 'TransactionFailed', because);
  else unset('Stalled');
  return list;
}

type Set = <T extends ConditionType>(type: T, status: 'True' | 'False', reason: ConditionReasonOf<T>, message?: string) => void;

function milestones(told: Told, list: readonly Condition[], set: Set, unset: (type: ConditionType) => void): void {
  // A short transaction may be past it before anybody is told.
  if (PREPARED.has(told.phase)) set('Prepared', 'True', 'AllItemsPrepared', `${String(told.items.length)} changes`);
  if (told.phase === 'Committed') set('Committed', 'True', 'AllItemsCommitted', `${String(told.items.length)} changes`);
  // Whoever was to tell of the rollback may have died, and only its end be told.
  if (GOES_BACK.has(told.phase) && findCondition(list, 'Committed')?.status === 'True')
    set('Committed', 'False', 'RollbackRequested', told.because);
  if (told.phase === 'RolledBack') {
    set('RolledBack', 'True', 'RollbackComplete', told.because);
    const inexact = told.inexact ?? [];
    if (inexact.length === 0) set('Exact', 'True', 'RestoredExactly', 'values and field ownership are as they were');
    else set('Exact', 'False', 'RestoredWithDifferences', inexact.join('; '));
  }
  if (told.phase === 'Failed') set('Failed', 'True', 'TransactionFailed', told.because);
  else unset('Failed');
}

function reconcilingReason(phase: Phase): ConditionReasonOf<'Reconciling'> {
  if (phase === 'RollingBack') return 'RollingBack';
  return phase === 'Committing' ? 'Committing' : 'Preparing';
}

function progressWords(told: Told): string {
  const done = told.items.filter((item) => (told.phase === 'RollingBack' ? item.rolledBack : item.committed)).length;
  return `${String(done)} of ${String(told.items.length)} ${told.phase === 'RollingBack' ? 'undone' : 'in effect'}`;
}
