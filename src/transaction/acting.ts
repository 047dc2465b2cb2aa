import type { Identity } from '../kube/client.ts';
import { ApiError, isApiError, isTransient } from '../kube/errors.ts';
import { retrying, type RetryOptions } from '../kube/retry.ts';
import { lockHolderOf } from '../lock/holder.ts';
import { GRANT_EXTRA, type GrantAction, type GrantTarget } from '../lock/claims.ts';
import { serviceAccountUser, type SagaContext } from './context.ts';
import { UnenforcedError } from './fault.ts';
import { isOpen, type SagaRecord } from './record.ts';

/** What of a record a grant is bound to. */
export type Grantor = Pick<SagaRecord, 'transaction' | 'serviceAccountName' | 'attempt' | 'phase' | 'term'>;

/** What one request is allowed to do. */
export interface Grant {
  readonly action: GrantAction;
  readonly target: GrantTarget;
  /** Name of the change, where the action is one change's. */
  readonly change?: string;
}

/**
 * Sends a request as the transaction's ServiceAccount with a grant for just this, again on transient errors. Signed anew
 * for each try: a grant lives for seconds, a retry may wait longer.
 * @throws UnenforcedError when what is locked cannot be relied on
 */
export function acting<T>(
  context: Pick<SagaContext, 'sign' | 'enforcement'>,
  grantor: Grantor,
  grant: Grant,
  send: (as: Identity) => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  return retrying(async () => {
    // The labels of what has ended are void: nobody relies on them.
    if (isOpen(grantor) && !context.enforcement.unbroken(grantor.term)) throw new UnenforcedError();
    const { action, target, change = '' } = grant;
    const user = serviceAccountUser(grantor.transaction.namespace, grantor.serviceAccountName);
    const token = await context.sign({
      transaction: grantor.transaction.uid,
      attempt: grantor.attempt,
      change,
      action,
      target,
      bearer: user,
    });
    return send({ user, extra: { [GRANT_EXTRA]: [token] } });
  }, options);
}

/**
 * As `acting`, for what most objects let pass without a grant, such as a dry run: one is signed only when somebody's lock
 * has refused the request.
 */
export function actingLightly<T>(
  context: Pick<SagaContext, 'sign' | 'enforcement'>,
  grantor: Grantor,
  grant: Grant,
  send: (as: Identity) => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const user = serviceAccountUser(grantor.transaction.namespace, grantor.serviceAccountName);
  const isLock = (error: unknown): boolean => error instanceof ApiError && lockHolderOf(error.status) !== undefined;
  return retrying(() => send({ user }), {
    ...options,
    retryable: (error) => !isLock(error) && (options.retryable ?? isTransient)(error),
  }).catch((error: unknown) => {
    if (!isLock(error)) throw error;
    return acting(context, grantor, grant, send, options);
  });
}

/** For writes that read the object anew before each try: a conflict only means that it has moved. */
export function isConflictOrTransient(error: unknown): boolean {
  return isTransient(error) || isApiError(error, 409);
}
