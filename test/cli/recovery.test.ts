import { describe, expect, test } from 'vitest';
import { API_VERSION } from '../../src/api/group.ts';
import type { ChangeType, ResourceChange } from '../../src/api/resource-change.ts';
import type { ItemStatus } from '../../src/api/transaction.ts';
import { conflictOf, everyItem, recoveryItems } from '../../src/cli/recovery.ts';

const item = (name: string, more: Partial<ItemStatus> = {}): ItemStatus => ({
  name,
  prepared: true,
  committed: true,
  rolledBack: false,
  ...more,
});

function change(name: string, type: ChangeType, order = 0, kind = 'ConfigMap'): ResourceChange {
  return {
    apiVersion: API_VERSION,
    kind: 'ResourceChange',
    metadata: { name, namespace: 'shop' },
    spec: { type, order, target: { apiVersion: 'v1', kind, name: `o-${name}` } },
  };
}

const items = (statuses: readonly ItemStatus[], changes: readonly ResourceChange[]) =>
  recoveryItems(statuses, changes, (_apiVersion, kind) => kind !== 'Namespace');

describe('recoveryItems', () => {
  test('come in the reverse of the order of execution', () => {
    const changes = [change('a', 'Patch'), change('c', 'Patch', 1), change('b', 'Patch')];
    expect(items([item('a'), item('b'), item('c')], changes).map(({ change: name }) => name)).toEqual(['c', 'b', 'a']);
  });

  test('leave out changes that never took effect', () => {
    expect(items([item('a', { committed: false })], [change('a', 'Patch'), change('b', 'Patch')])).toEqual([]);
  });

  test.each([
    ['done', { rolledBack: true }],
    ['done', { rolledBack: true, committed: false }],
    ['done', { rolledBack: true, error: 'conflict: was one' }],
    ['conflict', { error: 'conflict: stored RV 7, current RV 9' }],
    ['conflict', { error: 'rollback conflict: stored RV 7, current RV 9' }],
    ['pending', { error: 'forbidden: conflict of interests' }],
    ['pending', { error: 'conflicting words' }],
    ['pending', {}],
  ] as const)('are %s with %j', (state, more) => {
    expect(items([item('a', more)], [change('a', 'Patch')])[0]?.state).toBe(state);
  });

  test('delete only what a Create has made anew', () => {
    const actions = (type: ChangeType, resourceVersion?: string) =>
      items([item('a', resourceVersion === undefined ? {} : { resourceVersion })], [change('a', type)])[0]?.action;
    expect(actions('Create')).toBe('DELETE');
    expect(actions('Create', '')).toBe('DELETE');
    expect(actions('Create', '77')).toBe('RESTORE');
    expect(actions('Patch')).toBe('RESTORE');
    expect(actions('Delete', '77')).toBe('RESTORE');
  });

  test("name their object, in the Transaction's namespace unless it has another or none", () => {
    const elsewhere = {
      ...change('a', 'Patch'),
      spec: { ...change('a', 'Patch').spec, target: { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', namespace: 'web' } },
    };
    expect(items([item('a')], [change('a', 'Patch')])[0]?.target).toBe('ConfigMap/shop/o-a');
    expect(items([item('a')], [elsewhere])[0]?.target).toBe('ConfigMap/web/x');
    expect(items([item('a')], [change('a', 'Patch', 0, 'Namespace')])[0]?.target).toBe('Namespace/o-a');
  });

  test('are there even when their ResourceChange is gone', () => {
    expect(items([item('gone')], [])).toEqual([
      { change: 'gone', state: 'pending', action: 'RESTORE', target: 'an object whose ResourceChange is gone' },
    ]);
  });
});

test('conflictOf leaves what the conflict is about', () => {
  expect(conflictOf('conflict: stored RV 7, current RV 9')).toBe('stored RV 7, current RV 9');
  expect(conflictOf('rollback conflict — ask')).toBe('ask');
});

describe('everyItem', () => {
  const changes = [change('a', 'Patch'), change('b', 'Patch'), change('c', 'Patch')];
  const shown = [item('a')];
  const told = (phase: 'Committed' | 'Failed' | 'RolledBack' | 'Preparing', itemsCommitted: number) =>
    everyItem({ version: 1, phase, itemsTotal: 3, itemsCommitted, items: shown }, changes);

  test('is what the status shows where it shows all', () => {
    expect(everyItem({ version: 1, phase: 'Failed', itemsTotal: 1, items: shown }, changes)).toEqual(shown);
    expect(everyItem(undefined, changes)).toEqual([]);
  });

  test('takes what a status leaves out for undone where all that is left is shown', () => {
    expect(told('Failed', 1).map(({ name, rolledBack }) => [name, rolledBack])).toEqual([
      ['a', false],
      ['b', true],
      ['c', true],
    ]);
  });

  test('takes it for in effect where the count says so, or where it can not be told', () => {
    for (const [phase, count] of [
      ['Committed', 3],
      ['Failed', 2],
    ] as const)
      expect(told(phase, count).map(({ committed, rolledBack }) => committed && !rolledBack)).toEqual([true, true, true]);
  });

  test('makes nothing of it while nothing has been done', () => {
    expect(told('Preparing', 0)).toEqual(shown);
  });
});
