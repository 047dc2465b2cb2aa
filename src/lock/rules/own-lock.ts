import type { GrantClaims } from '../claims.ts';
import type { LockLabel } from '../label.ts';

/** Whether the lock is that of the grant's transaction and attempt. */
export function isOwn(lock: LockLabel | undefined, { transaction, attempt }: GrantClaims): boolean {
  return lock?.transaction === transaction && lock.attempt === attempt;
}
