import type { Fault } from '../api/fault.ts';
import type { ReviewedObject } from './review.ts';
import { nameOf } from './metadata.ts';
import type { Denied } from './verdict.ts';

/** 422 with every fault at once, worded as the API server words its own. */
export function invalid(kind: 'Transaction' | 'ResourceChange', object: ReviewedObject, faults: readonly Fault[]): Denied {
  const name = nameOf(object);
  const list = faults.map((fault) => (fault.field === '' ? fault.message : `${fault.field}: ${fault.message}`));
  const causes = faults.map(({ field, message }) => ({ reason: 'FieldValueInvalid', message, field }));
  return {
    allowed: false,
    rule: 'invalid',
    status: {
      code: 422,
      reason: 'Invalid',
      message: `${kind}.tx.janus.io ${JSON.stringify(name)} is invalid: ${list.length === 1 ? list[0] : `[${list.join(', ')}]`}`,
      details: { name, group: 'tx.janus.io', kind, causes },
    },
  };
}
