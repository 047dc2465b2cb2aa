import type { KubeObject } from '../kube/object.ts';
import type { SagaTarget } from './record.ts';

/** An object under our lock, as our own write of the label returned it. */
export interface LockedObject {
  readonly index: number;
  readonly object: KubeObject;
  readonly lockBy: SagaTarget['lockBy'];
  /** True where the object had changed since the dry run saw it: what the dry run told must be asked again. */
  readonly moved: boolean;
}
