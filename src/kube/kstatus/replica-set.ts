import type { KubeObject } from '../object.ts';
import { conditionWith, integerAt } from './fields.ts';
import { current, fewer, inProgress, surplus } from './verdict.ts';
import type { KStatusVerdict } from './verdict.ts';

/** Current when as many labelled, available and ready Pods are there as asked for. */
export function replicaSetVerdict(object: KubeObject): KStatusVerdict {
  const failure = conditionWith(object, 'ReplicaFailure', 'True');
  if (failure !== undefined)
    return inProgress(`a Pod cannot be created or deleted: ${failure.message || failure.reason || 'look at its events'}`);
  const wanted = integerAt(object, 1, 'spec', 'replicas');
  const count = (field: string): number => integerAt(object, 0, 'status', field);
  return (
    fewer('labelled replicas', count('fullyLabeledReplicas'), wanted) ??
    fewer('available replicas', count('availableReplicas'), wanted) ??
    fewer('ready replicas', count('readyReplicas'), wanted) ??
    surplus(count('replicas'), wanted) ??
    current(`${wanted} of ${wanted} replicas are available`)
  );
}
