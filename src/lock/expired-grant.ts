import type { ApiStatus } from '../kube/errors.ts';
import { GRANT_REFUSED } from './refuse.ts';
import { GRANT_EXPIRED } from './grant-verifier.ts';

/**
 * Whether a write was refused for nothing but the age of its grant. The API server reviews a write anew each time it loses
 * against another one: on an object that is written to without pause, a lock can be under way for longer than a grant lives.
 * With a new grant it may be tried again.
 */
export function isGrantExpired(status: ApiStatus): boolean {
  return (status.details?.causes ?? []).some(({ reason, message }) => reason === GRANT_REFUSED && message === GRANT_EXPIRED);
}
