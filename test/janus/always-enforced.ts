import type { Enforcement } from '../../src/transaction/enforcement.ts';

/** For an executor that a test makes beside the one that keeps the webhook configurations. */
export const ALWAYS_ENFORCED: Enforcement = {
  effective: () => Promise.resolve('always'),
  unbroken: () => true,
  confirm: () => Promise.resolve(true),
};
