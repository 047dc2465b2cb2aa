import { GUARDS_CONFIGURATION_NAME, VALIDATING_WEBHOOK_CONFIGURATIONS } from '../../src/admission/guard/configuration.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { ApiError, isApiError } from '../../src/kube/errors.ts';
import { retrying } from '../../src/kube/retry.ts';

/**
 * Does, while no operator runs, what a guard would refuse that a dead one has left: takes the guards away, and tries until the API
 * server has noticed. An operator that runs would put them up again: see `admittedEarly`.
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
