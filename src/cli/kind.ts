import { findByName, nearestKinds } from '../kube/kind-catalog.ts';
import type { ResourceKind } from '../kube/object.ts';
import { Fault } from './fault.ts';

/**
 * The kind that a person means by `query`: Kind, plural, singular or short name in any case, alone or as `kind.group` or
 * `kind.version.group`.
 *
 * @throws Fault with the nearest names where no kind of the cluster is called that.
 */
export function requireKind(query: string, kinds: readonly ResourceKind[]): ResourceKind {
  const found = findByName({ kinds }, query);
  if (found === undefined) throw unknownKind(query, kinds);
  return found;
}

/** Whether `query` may mean this kind. */
export function answersTo(kind: ResourceKind, query: string): boolean {
  return findByName({ kinds: [kind] }, query) !== undefined;
}

/** What is said where no kind of the cluster is called `query`. */
export function unknownKind(query: string, kinds: readonly ResourceKind[]): Fault {
  const near = nearestKinds({ kinds }, query);
  const next = near.length > 0 ? `did you mean ${near.join(' or ')}?` : '"kubectl api-resources" lists those it knows.';
  return new Fault(`"${query}" is not a kind that this cluster knows: ${next}`);
}
