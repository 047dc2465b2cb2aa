import type { TransactionSpec } from '../api/transaction.ts';
import type { SpecFlags } from './flags/transaction.ts';
import { requireDuration, requireOneOf } from './values.ts';

/**
 * `spec` of a Transaction from flags that were typed.
 *
 * @throws UsageFault where a value is of the wrong form.
 */
export function specOf(serviceAccountName: string, flags: SpecFlags): TransactionSpec {
  const { description, foreignWrites, healthTimeout, lockTimeout, onConflict, timeout } = flags;
  if (lockTimeout !== undefined) requireDuration('--lock-timeout', lockTimeout);
  if (timeout !== undefined) requireDuration('--timeout', timeout);
  if (healthTimeout !== undefined) requireDuration('--health-timeout', healthTimeout);
  return {
    serviceAccountName,
    ...(lockTimeout === undefined ? {} : { lockTimeout }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(description === undefined ? {} : { description }),
    ...(onConflict === undefined ? {} : { onConflict: requireOneOf('--on-conflict', onConflict, ['Wait', 'Fail']) }),
    ...(foreignWrites === undefined ? {} : { foreignWrites: requireOneOf('--foreign-writes', foreignWrites, ['Deny', 'Delay']) }),
    ...(healthTimeout === undefined ? {} : { health: { timeout: healthTimeout } }),
  };
}
