import { LOCK_LABEL, lockLabelFor } from '../../src/lock/label.ts';
import type { LockRecord } from '../../src/lock/record.ts';

export const TRANSACTION = '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b';
const OBJECT = '3f95c800-1111-4222-8333-444455556666';
const ATTEMPT = 3;

/** The record of a transaction that patches one key of the object, and so holds that and lets the rest be written. */
export const RECORD: LockRecord = {
  transaction: { namespace: 'shop', name: 'checkout', uid: TRANSACTION },
  serviceAccountName: 'deployer',
  requester: 'bob',
  phase: 'Committing',
  attempt: ATTEMPT,
  foreignWrites: 'Deny',
  lockedSince: '2026-01-01T00:00:00Z',
  deadline: '2999-01-01T00:00:00Z',
  targets: [
    {
      kind: { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
      namespace: 'shop',
      name: 'settings',
      changes: [{ name: 'raise-limit', type: 'Patch', order: 0 }],
      scope: 'fields',
      fields: { 'f:data': { 'f:key-0': {} } },
      uid: OBJECT,
    },
  ],
};

/** The body of a review of a stranger's write to a locked object of about so many bytes, in a hundred keys. `held`: it writes what is held. */
export function reviewBody(bytes: number, held: boolean): string {
  const value = 'x'.repeat(Math.max(1, Math.floor(bytes / 100) - 12));
  const data = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`key-${String(n)}`, value]));
  const changed = { ...data, [held ? 'key-0' : 'key-1']: `${value.slice(1)}y` };
  const kind = { group: '', version: 'v1', kind: 'ConfigMap' };
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind,
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: kind,
      requestResource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'settings',
      namespace: 'shop',
      operation: 'UPDATE',
      userInfo: { username: 'alice', groups: ['developers', 'system:authenticated'] },
      object: objectOf(changed, '8'),
      oldObject: objectOf(data, '7'),
      dryRun: false,
      options: { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'kubectl-edit' },
    },
  });
}

function objectOf(data: Readonly<Record<string, string>>, resourceVersion: string): unknown {
  const labels = { [LOCK_LABEL]: lockLabelFor(TRANSACTION, ATTEMPT, OBJECT) };
  const metadata = { name: 'settings', namespace: 'shop', uid: OBJECT, resourceVersion, labels, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
}
