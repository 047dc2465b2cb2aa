import { describeRef, type ObjectRef, type ResourceKind } from '../kube/object.ts';
import type { GrantTarget } from '../lock/claims.ts';

/** Anything that names one object. */
export interface Named {
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly name: string;
}

/** Where a target is served. */
export function refOf(target: Named): ObjectRef {
  const { kind, namespace, name } = target;
  return namespace === undefined ? { kind, name } : { kind, namespace, name };
}

/** A target as grants name it. */
export function grantTargetOf(target: Named, uid?: string): GrantTarget {
  const base = { group: target.kind.group, resource: target.kind.resource, namespace: target.namespace ?? '', name: target.name };
  return uid === undefined ? base : { ...base, uid };
}

/** Words for people. */
export function describeTarget(target: Named): string {
  return describeRef(refOf(target));
}
