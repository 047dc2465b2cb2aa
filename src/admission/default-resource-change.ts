import { REQUESTER_ANNOTATION } from '../api/group.ts';
import { annotate } from './metadata.ts';
import type { AdmissionRequest } from './review.ts';
import { stampOf } from './stamp.ts';
import type { Verdict } from './verdict.ts';
import { allow } from './verdict.ts';

/** Stamps a ResourceChange with its requester at creation. */
export function defaultResourceChange(request: AdmissionRequest): Verdict {
  if (request.object === undefined || request.operation !== 'CREATE' || request.subResource !== '') return allow('nothing-to-default');
  return allow('defaulted', { patch: annotate(request.object, { [REQUESTER_ANNOTATION]: stampOf(request.userInfo) }) });
}
