import type { KubeObject } from '../object.ts';
import { stringAt } from './fields.ts';
import { current, inProgress } from './verdict.ts';
import type { KStatusVerdict } from './verdict.ts';

/** Current when a volume is bound to it. */
export function persistentVolumeClaimVerdict(object: KubeObject): KStatusVerdict {
  const phase = stringAt(object, 'status', 'phase');
  return phase === 'Bound' ? current('a volume is bound to it') : inProgress(`no volume is bound to it (phase ${phase || 'not set'})`);
}
