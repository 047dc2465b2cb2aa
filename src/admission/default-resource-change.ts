import { REQUESTER_ANNOTATION } from '../api/group.ts';
import { invalid } from './invalid.ts';
import { annotate } from './metadata.ts';
import type { AdmissionRequest } from './review.ts';
import { stampFaults } from './stamp-faults.ts';
import { stampOf } from './stamp.ts';
import type { Verdict } from './verdict.ts';
import { allow } from './verdict.ts';

/** Stamps a ResourceChange with its requester at creation, and sees to it that the stamp stays what it is. */
export function defaultResourceChange(request: AdmissionRequest): Verdict {
  const { object, operation, subResource } = request;
  if (object === undefined || subResource !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return allow('nothing-to-default');
  if (operation === 'CREATE') return allow('defaulted', { patch: annotate(object, { [REQUESTER_ANNOTATION]: stampOf(request.userInfo) }) });
  const faults = stampFaults(request, REQUESTER_ANNOTATION, false);
  return faults.length > 0 ? invalid('ResourceChange', object, faults) : allow('nothing-to-default');
}
