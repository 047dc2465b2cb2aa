import { parseDuration } from './duration.ts';
import type { TransactionSpec } from './transaction.ts';
import { DEFAULT_HEALTH_TIMEOUT, DEFAULT_LOCK_TIMEOUT, DEFAULT_TIMEOUT } from './transaction-spec.ts';

/** A TransactionSpec with its defaults filled in. Durations are milliseconds. */
export interface TransactionSettings {
  readonly serviceAccountName: string;
  readonly sealed: boolean;
  readonly lockTimeoutMs: number;
  readonly timeoutMs: number;
  readonly description?: string;
  readonly onConflict: 'Wait' | 'Fail';
  readonly foreignWrites: 'Deny' | 'Delay';
  readonly irreversible: 'Allow' | 'Deny';
  /** Present if each order has to get ready before the next begins. */
  readonly health?: { readonly timeoutMs: number };
}

/** Fills in what `spec` leaves open. Throws `InvalidDurationError` for a spec that was not validated. */
export function transactionDefaults(spec: TransactionSpec): TransactionSettings {
  return {
    serviceAccountName: spec.serviceAccountName,
    sealed: spec.sealed ?? false,
    lockTimeoutMs: parseDuration(spec.lockTimeout ?? DEFAULT_LOCK_TIMEOUT),
    timeoutMs: parseDuration(spec.timeout ?? DEFAULT_TIMEOUT),
    ...(spec.description === undefined ? {} : { description: spec.description }),
    onConflict: spec.onConflict ?? 'Wait',
    foreignWrites: spec.foreignWrites ?? 'Deny',
    irreversible: spec.irreversible ?? 'Allow',
    ...(spec.health === undefined ? {} : { health: { timeoutMs: parseDuration(spec.health.timeout ?? DEFAULT_HEALTH_TIMEOUT) } }),
  };
}
