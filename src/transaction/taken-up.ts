import { isApiError, isTransient } from '../kube/errors.ts';
import type { RetryOptions } from '../kube/retry.ts';

/** How long what depends on an earlier change is tried again: API servers take roles and kinds up a little later. */
export const CATCH_UP_MS = 20_000;

/**
 * Tries again while the API server may not have taken up yet what an earlier change has made.
 * @param name of the object, where its absence is an answer
 */
export function untilTakenUp(name?: string): RetryOptions {
  return {
    deadlineMs: CATCH_UP_MS,
    maxMs: 1_000,
    retryable: (error) => isTransient(error) || isApiError(error, 403) || isUnknownPlace(error, name),
  };
}

/** Where the kind or the namespace is not known yet; an object that is not there is named by its own name. */
function isUnknownPlace(error: unknown, name: string | undefined): boolean {
  return isApiError(error, 404) && error.status.details?.name !== name;
}
