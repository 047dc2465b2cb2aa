import { expect, test } from 'vitest';
import { itemsOfRecord } from '../../src/cli/recovery-record.ts';
import type { SagaTarget } from '../../src/transaction/record.ts';

const target = (name: string, order: number, more: Partial<SagaTarget> = {}): SagaTarget => ({
  kind: { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
  namespace: 'shop',
  name,
  changes: [{ name: `change-${name}`, type: 'Patch', order }],
  scope: 'fields',
  uid: 'u',
  lockBy: 'patch',
  ...more,
});

test('a record tells what is undone, what is left and what others have, last change first', () => {
  const { uid: _uid, ...unborn } = target('made', 2, { changes: [{ name: 'change-made', type: 'Create', order: 2 }] });
  const targets = [target('a', 0, { undone: true }), target('b', 1, { conflict: 'ConfigMap shop/b lost its lock' }), unborn];
  expect(itemsOfRecord({ targets })).toEqual([
    { change: 'change-made', state: 'pending', action: 'DELETE', target: 'ConfigMap/shop/made' },
    { change: 'change-b', state: 'conflict', action: 'RESTORE', target: 'ConfigMap/shop/b', error: 'ConfigMap shop/b lost its lock' },
    { change: 'change-a', state: 'done', action: 'RESTORE', target: 'ConfigMap/shop/a' },
  ]);
});

test('a cluster-scoped object has no namespace in its name, and a Create over what was there is restored', () => {
  const { namespace: _namespace, ...role } = target('r', 0, {
    kind: { group: 'x', version: 'v1', kind: 'ClusterThing', resource: 'clusterthings', namespaced: false },
    changes: [{ name: 'c', type: 'Create', order: 0 }],
  });
  expect(itemsOfRecord({ targets: [role] })).toEqual([{ change: 'c', state: 'pending', action: 'RESTORE', target: 'ClusterThing/r' }]);
});
