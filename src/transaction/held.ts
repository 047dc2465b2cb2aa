import { labelOf } from './lock-label.ts';
import type { SagaRecord, SagaTarget } from './record.ts';

/** One object that carries, or may carry, our label. */
export interface Held {
  readonly target: SagaTarget;
  readonly uid: string;
  /** Its label is by name where the transaction made it. */
  readonly createdByUs: boolean;
}

/** The label's value on a held object in the record's attempt. */
export function heldLabel(record: Pick<SagaRecord, 'transaction' | 'attempt'>, held: Held): string {
  return labelOf(record, held.target, held.createdByUs ? undefined : held.uid);
}
