import type { ApiStatus } from '../kube/errors.ts';
import type { DenialCause } from './denial.ts';
import { isUuid } from './label.ts';
import type { LockRecord } from './record.ts';

/** `reason` of the cause that names who holds a lock. */
export const LOCKED_BY = 'LockedBy';

/** Who holds a lock and since when: what wait-die compares. */
export interface LockHolder {
  /** uid of the Transaction. */
  readonly transaction: string;
  /** RFC 3339. */
  readonly since: string;
}

/** The cause by which another transaction's executor learns whom it met. */
export function lockedByCause(record: LockRecord): DenialCause {
  return { reason: LOCKED_BY, field: record.transaction.uid, message: record.lockedSince };
}

/** Reads `lockedByCause` back from the answer to a refused write; undefined where no lock refused it. */
export function lockHolderOf(status: ApiStatus): LockHolder | undefined {
  const causes: unknown = status.details?.causes;
  if (!Array.isArray(causes)) return undefined;
  for (const cause of causes as readonly ({ reason?: unknown; field?: unknown; message?: unknown } | null)[]) {
    if (cause?.reason !== LOCKED_BY || !isUuid(cause.field)) continue;
    if (typeof cause.message === 'string' && Number.isFinite(Date.parse(cause.message)))
      return { transaction: cause.field, since: cause.message };
  }
  return undefined;
}
