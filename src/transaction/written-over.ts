import type { KubeObject } from '../kube/object.ts';
import { changedFields } from '../lock/fields/changed.ts';
import { intersectionOf, isEmptySet, memberPaths } from '../lock/fields/set.ts';
import { lostLockWords } from './broken-lock.ts';
import type { SagaTarget } from './record.ts';
import { withoutServerKept } from './server-kept.ts';

/**
 * What others have written over an object whose lock was broken, where nothing of ours is on it any more: whether the transaction
 * had changed it before is not to be told from it, so it is left, and named.
 * @returns words for what is not as the transaction found it; none where it is
 */
export function writtenOver(target: SagaTarget, before: KubeObject, now: KubeObject): readonly string[] {
  const changed = changedFields(withoutServerKept(before), withoutServerKept(now));
  const since = target.fields === undefined ? changed : intersectionOf(changed, target.fields);
  if (isEmptySet(since)) return [];
  return [`${lostLockWords(target)}, and ${memberPaths(since).join(', ')} was written since: it is left as it is`];
}
