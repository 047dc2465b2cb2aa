import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ResourceKind } from '../../src/kube/object.ts';
import { batchesOf, planOf, type PlannedChange, type ResolvedChange } from '../../src/transaction/plan.ts';

const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };

function change(name: string, targetName: string, type: ResolvedChange['type'] = 'Patch', order = 0): ResolvedChange {
  const content = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: targetName } };
  return { name, type, order, kind: CONFIG_MAPS, namespace: 'ns', targetName, ...(type === 'Delete' ? {} : { content }) };
}

const names = (batches: readonly (readonly PlannedChange[])[]): readonly (readonly string[])[] =>
  batches.map((batch) => batch.map(({ name }) => name));

describe('planOf', () => {
  test('sorts changes by order, then name', () => {
    const plan = planOf([change('b', 'x', 'Patch', 1), change('c', 'y'), change('a', 'z', 'Patch', 1)]);
    expect(plan.changes.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });

  test('makes one target of every change to one object', () => {
    const plan = planOf([change('a', 'x'), change('b', 'y'), change('c', 'x', 'Patch', 1)]);
    expect(plan.targets.map(({ name, changes }) => [name, changes.map((one) => one.name)])).toEqual([
      ['x', ['a', 'c']],
      ['y', ['b']],
    ]);
  });

  test('takes an object for the same whatever version it is spoken of in', () => {
    const v2 = { ...change('b', 'x'), kind: { ...CONFIG_MAPS, version: 'v2' } };
    expect(planOf([change('a', 'x'), v2]).targets).toHaveLength(1);
  });
});

describe('batchesOf', () => {
  test('runs one order after the other, each in one go', () => {
    expect(names(batchesOf(planOf([change('a', 'x'), change('b', 'y'), change('c', 'z', 'Patch', 5)])))).toEqual([['a', 'b'], ['c']]);
  });

  test('puts Deletes of an order last: their side effects are faster than any rollback', () => {
    expect(names(batchesOf(planOf([change('a', 'x', 'Delete'), change('b', 'y')])))).toEqual([['b'], ['a']]);
  });

  test('never runs two changes of one object at once', () => {
    expect(names(batchesOf(planOf([change('a', 'x'), change('b', 'x'), change('c', 'y')])))).toEqual([['a', 'c'], ['b']]);
  });

  test('keeps a Delete before the Create that follows it on the same object', () => {
    expect(names(batchesOf(planOf([change('a', 'x', 'Delete'), change('b', 'x', 'Create')])))).toEqual([['a'], ['b']]);
  });

  test('contains every change once, in an order that respects orders and chains, whatever the changes', () => {
    const arbitrary = fc.array(
      fc.record({
        target: fc.constantFrom('x', 'y', 'z'),
        type: fc.constantFrom('Create', 'Update', 'Patch', 'Delete'),
        order: fc.integer({ min: -2, max: 2 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(arbitrary, (drawn) => {
        const plan = planOf(drawn.map(({ target, type, order }, at) => change(`c${String(at).padStart(2, '0')}`, target, type, order)));
        const batches = batchesOf(plan);
        const position = new Map(batches.flatMap((batch, at) => batch.map((one) => [one.name, at] as const)));
        expect([...position.keys()].sort()).toEqual(plan.changes.map(({ name }) => name).sort());
        for (const earlier of plan.changes)
          for (const later of plan.changes) {
            const [a = 0, b = 0] = [position.get(earlier.name), position.get(later.name)];
            if (earlier.order < later.order) expect(a).toBeLessThan(b);
            const chained = earlier.target === later.target && earlier !== later;
            if (chained && plan.changes.indexOf(earlier) < plan.changes.indexOf(later)) expect(a).toBeLessThan(b);
          }
      }),
    );
  });
});
