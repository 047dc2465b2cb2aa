import type { KubeObject } from '../object.ts';
import { conditionWith, integerAt, stringAt } from './fields.ts';
import { current, failed, inProgress } from './verdict.ts';
import type { KStatusVerdict } from './verdict.ts';

/** Current as soon as it has started, and when it completed or is suspended: what a Job asks for is to be run, however long that takes. */
export function jobVerdict(object: KubeObject): KStatusVerdict {
  const count = (field: string): number => integerAt(object, 0, 'status', field);
  const completions = integerAt(object, integerAt(object, 1, 'spec', 'parallelism'), 'spec', 'completions');
  if (conditionWith(object, 'Complete', 'True') !== undefined)
    return current(`it has completed: ${count('succeeded')} of ${completions} Pods succeeded`);
  const failure = conditionWith(object, 'Failed', 'True');
  if (failure !== undefined)
    return failed(`it has failed, with ${count('failed')} failed Pods${failure.message === '' ? '' : `: ${failure.message}`}`);
  if (conditionWith(object, 'Suspended', 'True') !== undefined) return current('it is suspended');
  if (stringAt(object, 'status', 'startTime') === '') return inProgress('it has not started yet');
  return current(`it runs: ${count('active')} Pods active, ${count('succeeded')} succeeded, ${count('failed')} failed`);
}
