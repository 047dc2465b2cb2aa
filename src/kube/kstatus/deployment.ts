import type { KubeObject } from '../object.ts';
import { conditionsOf, conditionWith, integerAt } from './fields.ts';
import { current, failed, fewer, inProgress, surplus } from './verdict.ts';
import type { KStatusVerdict } from './verdict.ts';

// The Deployment controller takes this value for "no deadline", and then sets no Progressing condition.
const NO_DEADLINE = 2 ** 31 - 1;

/** Current when the newest ReplicaSet carries all replicas, they are ready and available, and none of the old ones is left. */
export function deploymentVerdict(object: KubeObject): KStatusVerdict {
  if (conditionsOf(object).some(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded')) {
    return failed('the rollout made no progress within its deadline (spec.progressDeadlineSeconds)');
  }
  const wanted = integerAt(object, 1, 'spec', 'replicas');
  const count = (field: string): number => integerAt(object, 0, 'status', field);
  return (
    fewer('replicas', count('replicas'), wanted) ??
    fewer('updated replicas', count('updatedReplicas'), wanted) ??
    surplus(count('replicas'), wanted) ??
    fewer('available replicas', count('availableReplicas'), count('updatedReplicas')) ??
    fewer('ready replicas', count('readyReplicas'), wanted) ??
    unfinished(object) ??
    current(`${wanted} of ${wanted} replicas are available`)
  );
}

function unfinished(object: KubeObject): KStatusVerdict | undefined {
  const watched = integerAt(object, NO_DEADLINE, 'spec', 'progressDeadlineSeconds') !== NO_DEADLINE;
  if (watched && conditionWith(object, 'Progressing', 'True')?.reason !== 'NewReplicaSetAvailable') {
    return inProgress('its new ReplicaSet is not available yet');
  }
  return conditionWith(object, 'Available', 'True') === undefined ? inProgress('it is not available yet') : undefined;
}
