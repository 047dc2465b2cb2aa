import { isApiError } from '../kube/errors.ts';
import type { SagaTarget } from './record.ts';

/**
 * Sends a write that only moves the label: by patch, or by PUT where the ServiceAccount may update but not patch. What was
 * learnt when the object was locked may not be on record yet, so a patch that is forbidden is tried once more as a PUT.
 */
export async function byPatchOrPut<T>(target: SagaTarget, patch: () => Promise<T>, put: () => Promise<T>): Promise<T> {
  if (target.lockBy === 'put') return put();
  try {
    return await patch();
  } catch (error) {
    if (isApiError(error, 403) && mayOnlyUpdate(target)) return put();
    throw error;
  }
}

/** A Patch has shown in its dry run that patching is allowed; only Update and Delete may come with less. */
export function mayOnlyUpdate(target: Pick<SagaTarget, 'changes'>): boolean {
  return target.changes.every((change) => change.type === 'Update' || change.type === 'Delete');
}
