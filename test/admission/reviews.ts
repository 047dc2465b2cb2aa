import type { AdmissionRequest, Operation, ReviewedObject, UserInfo } from '../../src/admission/review.ts';
import { parseAdmissionReview } from '../../src/admission/review.ts';

export const UID = '705ab4f5-6393-11e8-b7cc-42010a800002';

export const ALICE: UserInfo = {
  username: 'alice',
  uid: 'alice-uid',
  groups: ['developers', 'system:authenticated'],
  extra: { team: ['shop'] },
};
export const BOB: UserInfo = { username: 'bob', groups: ['system:authenticated'], extra: {} };

export interface ReviewParts {
  readonly uid?: unknown;
  readonly resource?: string;
  readonly group?: string;
  readonly subResource?: string;
  readonly operation?: Operation;
  readonly name?: string;
  readonly user?: unknown;
  readonly object?: ReviewedObject | null;
  readonly oldObject?: ReviewedObject | null;
  readonly dryRun?: boolean;
}

/** A review as an API server sends it. */
export function reviewBody(parts: ReviewParts = {}): Record<string, unknown> {
  const { resource = 'transactions', group = 'tx.janus.io' } = parts;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'uid' in parts ? parts.uid : UID,
      kind: { group, version: 'v1alpha1', kind: 'Transaction' },
      resource: { group, version: 'v1alpha1', resource },
      requestKind: { group, version: 'v1alpha1', kind: 'Transaction' },
      requestResource: { group, version: 'v1alpha1', resource },
      ...(parts.subResource === undefined ? {} : { subResource: parts.subResource }),
      name: parts.name ?? 'deploy',
      namespace: 'shop',
      operation: parts.operation ?? 'CREATE',
      userInfo: parts.user ?? ALICE,
      object: parts.object ?? null,
      oldObject: parts.oldObject ?? null,
      dryRun: parts.dryRun ?? false,
      options: null,
    },
  };
}

/** The request of such a review, parsed. */
export function reviewRequest(parts: ReviewParts = {}): AdmissionRequest {
  return parseAdmissionReview(structuredClone(reviewBody(parts)));
}

/** A Transaction with this spec and metadata. */
export function transaction(spec: ReviewedObject | undefined, metadata: ReviewedObject = {}, status?: ReviewedObject): ReviewedObject {
  return {
    apiVersion: 'tx.janus.io/v1alpha1',
    kind: 'Transaction',
    metadata: { name: 'deploy', namespace: 'shop', uid: 'tx-uid', ...metadata },
    ...(spec === undefined ? {} : { spec }),
    ...(status === undefined ? {} : { status }),
  };
}

/** A ResourceChange of the Transaction `deploy`. */
export function resourceChange(
  metadata: ReviewedObject = {},
  spec: ReviewedObject = { type: 'Delete', target: { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings' } },
): ReviewedObject {
  const owner = { apiVersion: 'tx.janus.io/v1alpha1', kind: 'Transaction', name: 'deploy', uid: 'tx-uid' };
  return {
    apiVersion: 'tx.janus.io/v1alpha1',
    kind: 'ResourceChange',
    metadata: { name: 'step', namespace: 'shop', ownerReferences: [owner], ...metadata },
    spec,
  };
}
