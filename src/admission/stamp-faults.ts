import type { Fault } from '../api/fault.ts';
import { annotation } from './metadata.ts';
import type { AdmissionRequest } from './review.ts';
import { stampOf } from './stamp.ts';

/**
 * What is wrong with a stamp: where one is due it must name the user of this very request, else it must be as it was. A forged one
 * would let the changes pass for somebody else's.
 */
export function stampFaults(request: AdmissionRequest, key: string, due: boolean): readonly Fault[] {
  const field = `metadata.annotations[${key}]`;
  const actual = annotation(request.object, key);
  if (due) {
    return actual === stampOf(request.userInfo)
      ? []
      : [{ field, message: 'is written by Janus and must name the user of this request; is its mutating webhook registered?' }];
  }
  if (actual === annotation(request.oldObject, key)) return [];
  return [{ field, message: 'is written by Janus and must not be added, changed or removed' }];
}
