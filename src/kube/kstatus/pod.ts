import type { KubeObject } from '../object.ts';
import { at, conditionWith, stringAt } from './fields.ts';
import { current, failed, inProgress } from './verdict.ts';
import type { KStatusVerdict } from './verdict.ts';

/** How long the scheduler may find no node before that counts as a failure, from the Pod's creation; milliseconds. */
const SCHEDULING_MS = 15_000;

/**
 * Current when ready or ended. A Pod that ended badly is Current too: nothing more will happen to it, and what owns it (a Job, for
 * example) says whether that is a failure. `now` is in milliseconds since the epoch.
 */
export function podVerdict(object: KubeObject, now: number): KStatusVerdict {
  const phase = stringAt(object, 'status', 'phase');
  switch (phase) {
    case 'Succeeded':
      return current('it has ended, successfully');
    case 'Failed':
      return current('it has ended, not successfully');
    case 'Running':
      return running(object);
    case 'Pending':
      return pending(object, now);
    case '':
      return inProgress('the kubelet has not seen it yet');
    default:
      return { status: 'Unknown', message: `its phase is ${JSON.stringify(phase)}` };
  }
}

function running(object: KubeObject): KStatusVerdict {
  if (conditionWith(object, 'Ready', 'True') !== undefined) return current('it is ready');
  const crashing = crashLooping(object);
  if (crashing.length > 0) return failed(`containers crash again and again (CrashLoopBackOff): ${crashing.join(', ')}`);
  return inProgress('it runs and is not ready yet');
}

function pending(object: KubeObject, now: number): KStatusVerdict {
  const unscheduled = conditionWith(object, 'PodScheduled', 'False');
  if (unscheduled?.reason !== 'Unschedulable') return inProgress('it is pending');
  const created = Date.parse(object.metadata.creationTimestamp ?? '');
  if (now - created < SCHEDULING_MS) return inProgress('it is not scheduled yet');
  return failed(`it cannot be scheduled${unscheduled.message === '' ? '' : `: ${unscheduled.message}`}`);
}

function crashLooping(object: KubeObject): string[] {
  const containers = at(object, 'status', 'containerStatuses');
  if (!Array.isArray(containers)) return [];
  return containers
    .filter((container: unknown) => at(container, 'state', 'waiting', 'reason') === 'CrashLoopBackOff')
    .map((container: unknown) => at(container, 'name'))
    .filter((name: unknown) => typeof name === 'string');
}
