import { unlockableReason } from '../api/unlockable.ts';
import { isApiError } from '../kube/errors.ts';
import { inParallel } from '../kube/limit.ts';
import type { ObjectRef, ResourceKind } from '../kube/object.ts';
import { isLockOf, LOCK_LABEL, parseLockLabel, type LockLabel } from '../lock/label.ts';
import type { Cluster } from './cluster.ts';

/** An object that carries a lock of its own. */
export interface LockedObject {
  readonly ref: ObjectRef;
  readonly uid: string;
  readonly lock: LockLabel;
}

/** A kind that could not be looked at, and why. */
export interface SkippedKind {
  readonly kind: string;
  readonly why: string;
}

/** What was found, and what could not be looked at. */
export interface LockedObjects {
  readonly objects: readonly LockedObject[];
  readonly skipped: readonly SkippedKind[];
}

/** Lists under way at once. */
const CONCURRENCY = 16;
const PAGE = 500;

/**
 * Every object that carries a lock, of every kind the cluster has: only metadata is asked for. Copies of the label on other
 * objects are left out. Kinds that one may not list, or that are not served now, are named.
 *
 * @param namespace absent for all, and for objects that have none.
 */
export async function lockedObjects(cluster: Cluster, namespace: string | undefined): Promise<LockedObjects> {
  const lockable = lockableKinds(await cluster.kinds()).filter((kind) => namespace === undefined || kind.namespaced);
  const outcomes = await inParallel(lockable, CONCURRENCY, async (kind) => {
    const options = { labelSelector: LOCK_LABEL, limit: PAGE, metadataOnly: true, ...(namespace === undefined ? {} : { namespace }) };
    const { items } = await cluster.client.list(kind, options);
    return items.flatMap(({ metadata }) => {
      const lock = parseLockLabel(metadata.labels?.[LOCK_LABEL]);
      const { name = '', namespace: place, uid = '' } = metadata;
      const identity = { group: kind.group, resource: kind.resource, namespace: place ?? '', name, uid };
      if (lock === undefined || !isLockOf(lock, identity)) return [];
      return [{ ref: place === undefined ? { kind, name } : { kind, namespace: place, name }, uid, lock }];
    });
  });
  const skipped = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [skippedBy(outcome.item, outcome.reason)] : []));
  return { objects: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : [])), skipped };
}

/** Each resource once, in the version that the server prefers; what cannot be listed, and what no transaction can hold, is left out. */
export function lockableKinds(kinds: readonly ResourceKind[]): readonly ResourceKind[] {
  const seen = new Set<string>();
  return kinds.filter(({ group, kind, resource, verbs }) => {
    const key = `${group}/${resource}`;
    const known = seen.has(key);
    seen.add(key);
    return !known && verbs?.includes('list') !== false && unlockableReason(group, kind, undefined) === undefined;
  });
}

/** `secrets`, `deployments.apps`. */
export function resourceWords({ group, resource }: Pick<ResourceKind, 'group' | 'resource'>): string {
  return group === '' ? resource : `${resource}.${group}`;
}

// What is no answer of the server about this kind ends the command: it would go on for every other.
function skippedBy(kind: ResourceKind, error: unknown): SkippedKind {
  if (isApiError(error, 403)) return { kind: resourceWords(kind), why: 'you may not list them' };
  if (isApiError(error, 404, 405, 503)) return { kind: resourceWords(kind), why: 'they are not served now' };
  throw error;
}
