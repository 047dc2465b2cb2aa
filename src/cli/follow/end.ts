import type { Phase, Transaction } from '../../api/transaction.ts';
import { findCondition } from '../../kube/conditions.ts';
import { isAsked } from '../../transaction/asking.ts';
import { isEnded } from '../../transaction/status.ts';
import type { ExitName } from '../exit-codes.ts';

/** Whether it has come to an end, and nobody has asked for a rollback that has not been taken up yet. */
export function isAtRest(transaction: Transaction): boolean {
  return isEnded(transaction.status?.phase) && !isAsked(transaction);
}

/** How a command ends that looked on until a Transaction rested in this phase. */
export function endOf(phase: Phase): ExitName {
  if (phase === 'Committed') return 'done';
  return phase === 'RolledBack' ? 'rolledBack' : 'error';
}

/** Why a Transaction has not done what was wanted of it, in the executor's words; '' where it does not say. */
export function causeOf({ status }: Transaction): string {
  const conditions = status?.conditions ?? [];
  const told = findCondition(conditions, 'Stalled') ?? findCondition(conditions, 'Failed');
  return told?.status === 'True' ? told.message : '';
}

/** The next command for somebody who has just seen it in this phase; '' where there is nothing to do. */
export function nextStep({ metadata, spec, status }: Transaction): string {
  const { name = '', namespace = '' } = metadata;
  const at = `${name} -n ${namespace}`;
  if (metadata.deletionTimestamp !== undefined) return `It is being deleted: "janus delete ${at}" waits for that and takes the rest off.`;
  switch (status?.phase) {
    case 'Committed':
      return `"janus rollback ${at}" takes it back, for as long as its record is kept.`;
    case 'RolledBack':
      return `"janus delete ${at}" removes it.`;
    case 'Failed':
      return `"janus recover plan ${at}" shows what is left to undo.`;
    default:
      return spec?.sealed === true ? `"janus abort ${at}" rolls it back.` : `"janus seal ${at}" starts it.`;
  }
}
