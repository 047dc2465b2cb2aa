import type { Identity, KubeClient, Written } from '../../kube/client.ts';
import { isApiError, isTransient } from '../../kube/errors.ts';
import type { ApiError } from '../../kube/errors.ts';
import { inParallel, valuesOf } from '../../kube/limit.ts';
import type { KubeObject, ObjectRef } from '../../kube/object.ts';
import { retrying } from '../../kube/retry.ts';
import { lockHolderOf } from '../../lock/holder.ts';
import type { LockHolder } from '../../lock/holder.ts';
import type { Wanted } from './wanted.ts';

/** One object as it is, and as the server says that the change would leave it. */
export interface Seen {
  /** Absent: it is not there. */
  readonly live?: KubeObject;
  /** Absent where the server did not say. */
  readonly outcome?: KubeObject;
  /** What the server warned of. */
  readonly warnings: readonly string[];
  /** Set where somebody's lock kept the server from saying. */
  readonly holder?: LockHolder;
  /** Set where it refused for any other reason. */
  readonly refusal?: ApiError;
}

/** Field manager of the dry runs. As those of the executor it owns nothing yet, so nothing is pruned. */
export const PLAN_MANAGER = 'janus-plan';

/** Requests under way at once. */
const CONCURRENCY = 16;

/**
 * Asks the server what each change would come to, by a dry run of the very apply that the executor sends. Nothing is written.
 *
 * @param as on whose behalf; absent for the caller's own.
 */
export async function lookAt(client: KubeClient, wanted: readonly Wanted[], as: Identity | undefined): Promise<readonly Seen[]> {
  return valuesOf(await inParallel(wanted, CONCURRENCY, (one) => look(client, one, as)));
}

async function look(client: KubeClient, wanted: Wanted, as: Identity | undefined): Promise<Seen> {
  const live = await liveObject(client, wanted.ref, as);
  try {
    const { object, warnings } = await retrying(() => dryRun(client, wanted, live.live, as), {
      retryable: (error) => isTransient(error) && !(isApiError(error) && lockHolderOf(error.status) !== undefined),
    });
    return { ...live, outcome: object, warnings };
  } catch (error) {
    if (!isApiError(error)) throw error;
    const holder = lockHolderOf(error.status);
    return { ...live, warnings: [], ...(holder === undefined ? { refusal: error } : { holder }) };
  }
}

function dryRun(
  client: KubeClient,
  { content, ref, replaces }: Wanted,
  live: KubeObject | undefined,
  as: Identity | undefined,
): Promise<Written> {
  const options = { ...(as === undefined ? {} : { as }), dryRun: true, fieldManager: PLAN_MANAGER, fieldValidation: 'Strict' } as const;
  if (replaces !== true) return client.apply(ref, content, { ...options, force: true });
  const { resourceVersion = '', uid = '' } = live?.metadata ?? {};
  return client.update(
    ref,
    { ...content, metadata: { ...content.metadata, ...(live === undefined ? {} : { resourceVersion, uid }) } },
    options,
  );
}

/** The object as it is now; nothing where there is none, or neither of the two may read it. */
export async function liveObject(client: KubeClient, ref: ObjectRef, as: Identity | undefined): Promise<Pick<Seen, 'live'>> {
  const read = (identity: { readonly as?: Identity }): Promise<Pick<Seen, 'live'>> =>
    retrying(() => client.get(ref, identity)).then(
      (live) => ({ live }),
      (error: unknown) => {
        if (isApiError(error, 404)) return {};
        throw error;
      },
    );
  if (as === undefined) return read({});
  return read({ as }).catch((error: unknown) => {
    if (isApiError(error, 403)) return read({});
    throw error;
  });
}
