import type { MatchCondition } from '../lock/match-condition.ts';
import { RECORD_LABEL } from '../transaction/record-store.ts';
import { isByNoneOf } from './resource-conditions.ts';

// While we are down, whatever matches is refused. So only what could take something from a locked object matches; every access is
// guarded, since an error refuses, too.

/**
 * Deletions of a Namespace, and updates that take an entry of its `spec.finalizers`, or the last finalizer of one that is being
 * deleted. Not those of the namespace controller: it makes the last step only once the Namespace is empty, and each object in it
 * was deleted by a request of its own. Janus's own Namespace could never go otherwise, since Janus goes before it.
 */
export function removesNamespace(collectors: readonly string[]): readonly MatchCondition[] {
  const finalizers = (of: string): string => `has(${of}) && has(${of}.finalizers)`;
  const loses = `${finalizers('oldObject.spec')} && oldObject.spec.finalizers.exists(f, !(${finalizers('object.spec')} && f in object.spec.finalizers))`;
  const hasNone = (of: string): string => `!(${finalizers(of)} && size(${of}.finalizers) > 0)`;
  const goes = `has(oldObject.metadata.deletionTimestamp) && ${hasNone('object.spec')} && ${hasNone('object.metadata')}`;
  return [
    {
      name: 'removes-namespace',
      expression: `request.operation == 'DELETE' || (${isByNoneOf(collectors)} && ((${loses}) || (${goes})))`,
    },
  ];
}

/** Deletions of a definition, and updates after which a version is served or stored no more, or the scope is another. */
export function removesVersion(): readonly MatchCondition[] {
  const versions = (of: string): string => `has(${of}.spec) && has(${of}.spec.versions)`;
  const still = (flag: string): string => `object.spec.versions.exists(n, n.name == o.name && n.${flag})`;
  const stops = (flag: string): string => `(o.${flag} && !${still(flag)})`;
  const lost = `${versions('oldObject')} && ${versions('object')} && oldObject.spec.versions.exists(o, ${stops('served')} || ${stops('storage')})`;
  return [
    { name: 'removes-version', expression: `request.operation == 'DELETE' || (${lost}) || object.spec.scope != oldObject.spec.scope` },
  ];
}

/** Updates that change the spec of a definition in whatever way. */
export function changesSpec(): readonly MatchCondition[] {
  const generation = (of: string): string => `has(${of}.metadata.generation)`;
  return [
    {
      name: 'changes-spec',
      expression: `${generation('object')} && ${generation('oldObject')} && object.metadata.generation != oldObject.metadata.generation`,
    },
  ];
}

/** Secrets by whose name, label or type Janus knows its own, whoever made them. */
export function isKeptByJanus(): readonly MatchCondition[] {
  const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
  const named = `o.metadata.name.matches('^(tx-${uuid}(-[0-9]+)*|janus-grant-keys)$')`;
  const labelled = `has(o.metadata.labels) && '${RECORD_LABEL}' in o.metadata.labels`;
  const typed = `has(o.type) && o.type.startsWith('tx.janus.io/')`;
  return [
    {
      name: 'kept-by-janus',
      expression: `[object, oldObject].exists(o, o != null && has(o.metadata) && ((has(o.metadata.name) && ${named}) || (${labelled}) || (${typed})))`,
    },
  ];
}
