import type { KubeObject } from '../object.ts';
import { integerAt, stringAt } from './fields.ts';
import { current, fewer, inProgress, surplus } from './verdict.ts';
import type { KStatusVerdict } from './verdict.ts';

const NO_PARTITION = -1;

/**
 * Current when all replicas are ready and of the newest revision; with a partition, those from the partition on. With strategy
 * `OnDelete` people decide when a Pod is replaced, so there is nothing to wait for.
 */
export function statefulSetVerdict(object: KubeObject): KStatusVerdict {
  if (stringAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete')
    return current('its Pods are replaced when somebody deletes them (OnDelete)');
  const wanted = integerAt(object, 1, 'spec', 'replicas');
  const count = (field: string): number => integerAt(object, 0, 'status', field);
  return (
    fewer('replicas', count('replicas'), wanted) ??
    fewer('ready replicas', count('readyReplicas'), wanted) ??
    surplus(count('replicas'), wanted) ??
    rollout(object, wanted) ??
    current(`${wanted} of ${wanted} replicas are ready`)
  );
}

function rollout(object: KubeObject, wanted: number): KStatusVerdict | undefined {
  const count = (field: string): number => integerAt(object, 0, 'status', field);
  const partition = integerAt(object, NO_PARTITION, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
  // The API server fills in partition 0, so most StatefulSets are judged here and not by their revisions.
  if (partition !== NO_PARTITION) return fewer('updated replicas', count('updatedReplicas'), wanted - partition);
  const behind = fewer('replicas of the current revision', count('currentReplicas'), wanted);
  if (behind !== undefined) return behind;
  const revisions = ['currentRevision', 'updateRevision'].map((field) => stringAt(object, 'status', field));
  return revisions[0] === revisions[1] ? undefined : inProgress('its current revision is not yet the updated one');
}
