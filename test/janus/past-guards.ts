import { GUARDS_CONFIGURATION_NAME, VALIDATING_WEBHOOK_CONFIGURATIONS } from '../../src/admission/guard/configuration.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { ApiError, isApiError } from '../../src/kube/errors.ts';
import { retrying } from '../../src/kube/retry.ts';

/**
 * Does what a guard would refuse, as a write can that was admitted before the guard, or that an API server lets through which is
 * late: takes the guards away, and tries until the API server has noticed.
 */
export async function pastGuards<T>(admin: KubeClient, write: () => Promise<T>): Promise<T> {
  await admin.delete({ kind: VALIDATING_WEBHOOK_CONFIGURATIONS, name: GUARDS_CONFIGURATION_NAME }).catch((error: unknown) => {
    if (!isApiError(error, 404)) throw error;
  });
  return retrying(write, {
    deadlineMs: 60_000,
    maxMs: 50,
    retryable: (error) => error instanceof ApiError && error.message.includes('.guards.tx.janus.io'),
  });
}
