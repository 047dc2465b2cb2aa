import type { KubeObject } from '../object.ts';
import { unobserved } from './generic.ts';
import { current } from './verdict.ts';
import type { KStatusVerdict } from './verdict.ts';

/** Current when the disruption controller has seen its newest generation: it has then counted the allowed disruptions. */
export function podDisruptionBudgetVerdict(object: KubeObject): KStatusVerdict {
  return unobserved(object) ?? current('its allowed disruptions are counted');
}
