import type { KubeObject } from '../object.ts';
import { conditionWith, wordsOf } from './fields.ts';
import { current, failed, inProgress } from './verdict.ts';
import type { KStatusVerdict } from './verdict.ts';

/** Current when its kind is served; failed when its names are taken, or establishing it ended. */
export function customResourceDefinitionVerdict(object: KubeObject): KStatusVerdict {
  const refused = conditionWith(object, 'NamesAccepted', 'False');
  if (refused !== undefined) return failed(wordsOf(refused));
  if (conditionWith(object, 'Established', 'True') !== undefined) return current('its kind is served');
  const unestablished = conditionWith(object, 'Established', 'False');
  if (unestablished !== undefined && unestablished.reason !== 'Installing') return failed(wordsOf(unestablished));
  return inProgress('its kind is not served yet');
}
