import type { KubeObject } from '../object.ts';
import { stringAt } from './fields.ts';
import { current, inProgress } from './verdict.ts';
import type { KStatusVerdict } from './verdict.ts';

/** Current at once, except that one of type LoadBalancer needs its cluster address first. */
export function serviceVerdict(object: KubeObject): KStatusVerdict {
  const waits = stringAt(object, 'spec', 'type') === 'LoadBalancer' && stringAt(object, 'spec', 'clusterIP') === '';
  return waits ? inProgress('its clusterIP is not set yet') : current('it is ready');
}
