import { isApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/object.ts';
import { acting, type Grantor } from './acting.ts';
import type { SagaContext } from './context.ts';
import { grantTargetOf, refOf, type Named } from './target.ts';
import type { Work } from './work.ts';

/** The object of a target as it is now, seen as the ServiceAccount; undefined where there is none. */
export function readOrNone(work: Work, index: number): Promise<KubeObject | undefined> {
  return readAs(work.context, work.record, work.target(index));
}

/**
 * As `readOrNone`, for a record that no work holds. A ServiceAccount that may patch but not read is shown the object by a
 * dry run of a patch that changes nothing.
 */
export async function readAs(
  context: Pick<SagaContext, 'client' | 'sign' | 'enforcement'>,
  record: Grantor,
  target: Named,
): Promise<KubeObject | undefined> {
  const ref = refOf(target);
  try {
    return await acting(context, record, { action: 'preflight', target: grantTargetOf(target) }, async (as) => {
      try {
        return await context.client.get(ref, { as });
      } catch (error) {
        if (!isApiError(error, 403)) throw error;
        return (await context.client.patch(ref, { type: 'merge', patch: {} }, { as, dryRun: true })).object;
      }
    });
  } catch (error) {
    if (isApiError(error, 404)) return undefined;
    throw error;
  }
}
