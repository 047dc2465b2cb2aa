import { expect, test } from 'vitest';
import { validateResourceChange } from '../../src/api/resource-change-validation.ts';
import { API_VERSION } from '../../src/api/group.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import { changeObject } from '../../src/cli/change-object.ts';
import { CLUSTER_ROLE, DEPLOYMENT } from './kinds.ts';

const TRANSACTION: Transaction = {
  apiVersion: API_VERSION,
  kind: 'Transaction',
  metadata: { name: 'move', namespace: 'shop', uid: 'u-1' },
};

test('A change is labelled with its Transaction, owned by it, and in its namespace', () => {
  const change = changeObject(
    TRANSACTION,
    'c',
    { type: 'Patch', kind: DEPLOYMENT, name: 'web', namespace: 'api', content: { spec: {} } },
    3,
  );
  expect(change.metadata).toEqual({
    name: 'c',
    namespace: 'shop',
    labels: { 'tx.janus.io/transaction': 'move' },
    ownerReferences: [
      { apiVersion: 'tx.janus.io/v1alpha1', kind: 'Transaction', name: 'move', uid: 'u-1', controller: true, blockOwnerDeletion: true },
    ],
  });
  expect(change.spec).toEqual({
    target: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'api' },
    type: 'Patch',
    content: { spec: {} },
    order: 3,
  });
  expect(validateResourceChange(change, undefined, TRANSACTION)).toEqual([]);
});

test('A change to an object without a namespace names none', () => {
  expect(changeObject(TRANSACTION, 'c', { type: 'Delete', kind: CLUSTER_ROLE, name: 'x' }, 0).spec.target).not.toHaveProperty('namespace');
});

test('A Transaction whose name is longer than a label may be leaves the label out', () => {
  const long = { ...TRANSACTION, metadata: { ...TRANSACTION.metadata, name: 'a'.repeat(64) } };
  const { metadata } = changeObject(long, 'c', { type: 'Delete', kind: CLUSTER_ROLE, name: 'x' }, 0);
  expect(metadata.labels).toBeUndefined();
  expect(metadata.ownerReferences?.[0]?.name).toBe('a'.repeat(64));
});
