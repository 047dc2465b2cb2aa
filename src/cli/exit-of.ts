import { ApiError } from '../kube/errors.ts';
import { lockHolderOf } from '../lock/holder.ts';
import type { ExitName } from './exit-codes.ts';
import { Fault } from './fault.ts';

/** How a command ends that threw this. */
export function exitOf(error: unknown): ExitName {
  if (error instanceof Fault) return error.exit;
  return isRefusedByLock(error) ? 'locked' : 'error';
}

/** Whether the lock of a Transaction refused a write, or told it to wait. */
export function isRefusedByLock(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 423 || lockHolderOf(error.status) !== undefined);
}
