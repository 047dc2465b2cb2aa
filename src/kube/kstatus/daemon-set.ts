import type { KubeObject } from '../object.ts';
import { integerAt } from './fields.ts';
import { unobserved } from './generic.ts';
import { current, fewer, inProgress } from './verdict.ts';
import type { KStatusVerdict } from './verdict.ts';

const NOT_COUNTED = -1;

/** Current when every node that should run its Pod runs an updated, available and ready one. */
export function daemonSetVerdict(object: KubeObject): KStatusVerdict {
  const unseen = unobserved(object);
  if (unseen !== undefined) return unseen;
  const wanted = integerAt(object, NOT_COUNTED, 'status', 'desiredNumberScheduled');
  if (wanted === NOT_COUNTED) return inProgress('its nodes have not been counted yet');
  const count = (field: string): number => integerAt(object, 0, 'status', field);
  return (
    fewer('scheduled Pods', count('currentNumberScheduled'), wanted) ??
    fewer('updated Pods', count('updatedNumberScheduled'), wanted) ??
    fewer('available Pods', count('numberAvailable'), wanted) ??
    fewer('ready Pods', count('numberReady'), wanted) ??
    current(`${wanted} of ${wanted} Pods are available`)
  );
}
