import { describe, expect, test } from 'vitest';
import type { SagaTarget } from '../../src/transaction/record.ts';
import { doneByDeletion } from '../../src/transaction/take-over.ts';

type Type = SagaTarget['changes'][number]['type'];

const target = (...types: readonly Type[]): SagaTarget => ({
  kind: { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
  name: 'settings',
  uid: 'met',
  changes: types.map((type, order) => ({ name: `${type}-${String(order)}`, type, order })),
  scope: 'object',
  lockBy: 'patch',
});

describe('of the changes to one object that a dead executor has begun,', () => {
  test('all are made again while the object is there', () => {
    expect(doneByDeletion(target('Patch', 'Delete'), true, 'met')).toEqual([]);
  });

  test('those up to the Delete are over once the object is gone', () => {
    expect(doneByDeletion(target('Patch', 'Delete'), true, undefined)).toEqual(['Patch-0', 'Delete-1']);
  });

  test('those after the Delete are made again once another object is there', () => {
    expect(doneByDeletion(target('Update', 'Delete', 'Create', 'Patch'), true, 'anew')).toEqual(['Update-0', 'Delete-1']);
  });

  test('all are made again where there was no object before', () => {
    expect(doneByDeletion(target('Create', 'Delete'), false, undefined)).toEqual([]);
  });

  test('none is over where an object without a Delete is gone: somebody else took it away', () => {
    expect(doneByDeletion(target('Patch'), true, undefined)).toEqual([]);
  });
});
