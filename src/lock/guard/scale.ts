import type { FieldsV1, ResourceKind } from '../../kube/object.ts';
import { childOf, isLeaf } from '../fields/node.ts';

/** Where a kind keeps the number that its scale subresource writes, as steps of a field set. */
export type ReplicasPath = readonly string[];

/** That of Deployments, StatefulSets, ReplicaSets and ReplicationControllers. */
const BUILT_IN_PATH: ReplicasPath = ['f:spec', 'f:replicas'];
const BUILT_IN: readonly string[] = ['apps/deployments', 'apps/statefulsets', 'apps/replicasets', '/replicationcontrollers'];

/** The path where Kubernetes itself fixes it; undefined for kinds whose definition says it. */
export function builtInReplicasPath({ group, resource }: Pick<ResourceKind, 'group' | 'resource'>): ReplicasPath | undefined {
  return BUILT_IN.includes(`${group}/${resource}`) ? BUILT_IN_PATH : undefined;
}

/** Reads `specReplicasPath` of a CustomResourceDefinition, for example `.spec.size`. */
export function replicasPathFrom(text: unknown): ReplicasPath | undefined {
  if (typeof text !== 'string' || !/^(\.[A-Za-z_][\w-]*)+$/.test(text)) return undefined;
  return text
    .slice(1)
    .split('.')
    .map((name) => `f:${name}`);
}

/** Whether a set of fields holds what is at a path: lists it, or something around it as a whole. */
export function holdsPath(fields: FieldsV1, path: ReplicasPath): boolean {
  let node = fields;
  for (const [depth, step] of path.entries()) {
    if (depth > 0 && isLeaf(node)) return true;
    const child = childOf(node, step);
    if (child === undefined) return false;
    node = child;
  }
  return true;
}
