import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guardNeeds, type GuardNeed } from '../../../src/lock/guard/need.ts';
import type { ChangeType, LockRecord, RecordPhase, RecordTarget } from '../../../src/lock/record.ts';
import { recordOf, TARGET } from '../scenario.ts';

const POD: RecordTarget['kind'] = { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true };
const ROLE: RecordTarget['kind'] = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  namespaced: false,
};

const target = (types: readonly ChangeType[], parts: Partial<RecordTarget> = {}): RecordTarget => ({
  ...TARGET,
  changes: types.map((type, order) => ({ name: `c${String(order)}`, type, order })),
  ...parts,
});
const ways = (one: RecordTarget, phase: RecordPhase = 'Committing'): readonly string[] =>
  guardNeeds(recordOf({ phase, targets: [one] })).map(({ way }) => way);

describe('what is guarded', () => {
  test.each<readonly [string, RecordTarget, readonly string[]]>([
    ['nothing of an object that is patched', target(['Patch']), []],
    ['nothing of one that is replaced', target(['Update']), []],
    ['the name of one that is created', target(['Create']), ['name']],
    ['the name of one that is deleted, since it may have to come back', target(['Delete']), ['name']],
    ['the name of one that is deleted and made anew', target(['Delete', 'Create']), ['name']],
    ['the scale subresource where it writes what is locked', target(['Patch'], { scale: true }), ['scale']],
    ['the eviction of a Pod, whatever is done to it', target(['Patch'], { kind: POD }), ['eviction']],
    ['both of a Pod that is created', target(['Create'], { kind: POD }), ['eviction', 'name']],
    ['nothing of what a rollback has put back', target(['Delete'], { undone: true }), []],
    ['nothing of what somebody was let break by force', target(['Create'], { broken: { by: 'ann', at: '2026-01-01T00:00:00Z' } }), []],
    ['nothing of what a rollback has left to others', target(['Create'], { conflict: 'somebody changed it' }), []],
  ])('is %s', (_, one, expected) => {
    expect(ways(one)).toEqual(expected);
  });

  test('names no namespace where there is none', () => {
    const { namespace: _, ...one } = target(['Create'], { kind: ROLE, name: 'reader' });
    expect(guardNeeds(recordOf({ targets: [one] }))).toEqual<readonly GuardNeed[]>([
      { way: 'name', group: 'rbac.authorization.k8s.io', resource: 'clusterroles', name: 'reader' },
    ]);
  });

  test('is there in every phase but the two that end a transaction', () => {
    const open = (phase: RecordPhase): boolean => ways(target(['Create']), phase).length > 0;
    const phases: readonly RecordPhase[] = ['Preparing', 'Committing', 'RollingBack', 'Failed', 'Committed', 'RolledBack'];
    expect(phases.filter(open)).toEqual(['Preparing', 'Committing', 'RollingBack', 'Failed']);
  });

  test('shrinks while a rollback goes on, and never grows', () => {
    const targets = fc.array(
      fc.record({
        type: fc.constantFrom<ChangeType>('Create', 'Update', 'Patch', 'Delete'),
        undone: fc.boolean(),
        scale: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(targets, (some) => {
        const record = (undone: boolean): Pick<LockRecord, 'phase' | 'targets'> => ({
          phase: 'RollingBack',
          targets: some.map((one, index) =>
            target([one.type], { name: `n${String(index)}`, scale: one.scale, ...(undone && one.undone ? { undone } : {}) }),
          ),
        });
        const before = guardNeeds(record(false)).map((need) => JSON.stringify(need));
        const after = guardNeeds(record(true)).map((need) => JSON.stringify(need));
        expect(after.every((need) => before.includes(need))).toBe(true);
      }),
    );
  });
});
