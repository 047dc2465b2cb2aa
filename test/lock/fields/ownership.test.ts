import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FieldsV1, ManagedFieldsEntry } from '../../../src/kube/object.ts';
import { restoreOwnership } from '../../../src/lock/fields/ownership.ts';
import { equalSets, intersectionOf, isEmptySet, unionOf } from '../../../src/lock/fields/set.ts';
import { LOCK_LABEL } from '../../../src/lock/label.ts';
import { setOf } from './model.ts';

const EARLY = '2024-01-01T00:00:00Z';
const LATE = '2024-01-01T00:00:09Z';

function entry(manager: string, fieldsV1: FieldsV1, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry {
  return { manager, operation: 'Apply', apiVersion: 'v1', time: EARLY, fieldsType: 'FieldsV1', fieldsV1, ...more };
}

function data(...names: string[]): FieldsV1 {
  return { 'f:data': Object.fromEntries(names.map((name) => [name === '.' ? name : `f:${name}`, {}])) };
}

function restore(
  before: readonly ManagedFieldsEntry[],
  live: readonly ManagedFieldsEntry[],
  restored: FieldsV1,
): readonly ManagedFieldsEntry[] {
  return restoreOwnership({ before, live, restored, ours: (manager) => manager.startsWith('janus-'), apiVersion: 'v1' });
}

const lock = { 'f:metadata': { 'f:labels': { '.': {}, [`f:${LOCK_LABEL}`]: {} } } };

describe('restoreOwnership', () => {
  test('a manager gets back what we took, its entry the very one it was', () => {
    const flux = entry('flux', data('a', 'b'));
    expect(restore([flux], [entry('flux', data('b')), entry('janus-x', data('a'), { time: LATE })], data('a'))).toEqual([flux]);
  });

  test('a manager from whom we took all comes back', () => {
    const flux = entry('flux', data('a'));
    expect(restore([flux], [entry('janus-x', data('a'))], data('a'))).toEqual([flux]);
  });

  test('what others came to own meanwhile stays theirs, and what they lost to others stays lost', () => {
    const before = [entry('flux', data('a', 'b', 'c'))];
    const live = [entry('flux', data('c')), entry('hpa', data('b', 'other'), { time: LATE }), entry('janus-x', data('a'))];
    expect(restore(before, live, data('a'))).toEqual([entry('flux', data('c', 'a')), live[1]]);
  });

  test('a manager that wrote meanwhile keeps the time of that', () => {
    const before = [entry('flux', data('a', 'b'))];
    expect(restore(before, [entry('flux', data('b', 'c'), { time: LATE })], data('a'))).toEqual([
      entry('flux', data('b', 'c', 'a'), { time: LATE }),
    ]);
    expect(restore(before, [entry('flux', data('b'), { time: LATE })], data('a'))[0]?.time).toBe(LATE);
  });

  test('a vanished manager gets no more than the restored fields', () => {
    expect(restore([entry('flux', data('a', 'b'))], [entry('other', data('b'))], data('a'))).toEqual([
      entry('flux', data('a')),
      entry('other', data('b')),
    ]);
    expect(restore([entry('flux', data('b'))], [entry('other', data('b'))], data('a'))).toEqual([entry('other', data('b'))]);
  });

  test('a container is given back only if it was restored itself', () => {
    const flux = entry('flux', data('.', 'a', 'b'));
    expect(restore([flux], [entry('flux', data('b'))], data('a'))).toEqual([entry('flux', data('b', 'a'))]);
    expect(restore([flux], [entry('flux', data('b'))], data('.', 'a'))).toEqual([flux]);
    expect(restore([entry('flux', { 'f:data': {} }), entry('other', data('x'))], [entry('other', data('x'))], data('.', 'a'))).toEqual([
      entry('flux', { 'f:data': {} }),
      entry('other', data('x')),
    ]);
  });

  test('operation, subresource and version tell entries of one manager apart', () => {
    const before = [
      entry('m', data('a')),
      entry('m', data('a'), { operation: 'Update' }),
      entry('m', data('a'), { subresource: 'status' }),
    ];
    expect(restore(before, [], data('a'))).toEqual(before);
    expect(restore(before, [entry('m', data('z'), { subresource: 'scale' })], data('a'))).toHaveLength(4);
  });

  test('nobody owns the lock label', () => {
    const before = [entry('copier', unionOf(lock, data('a'))), entry('only-lock', lock)];
    expect(restore(before, [entry('stranger', lock)], unionOf(lock, data('a')))).toEqual([
      entry('copier', { 'f:metadata': { 'f:labels': {} }, ...data('a') }),
      entry('only-lock', { 'f:metadata': { 'f:labels': {} } }),
      entry('stranger', { 'f:metadata': { 'f:labels': {} } }),
    ]);
    expect(restore([], [entry('stranger', { 'f:metadata': { 'f:labels': { [`f:${LOCK_LABEL}`]: {} } } })], {})).toEqual([{}]);
  });

  test('entries in another version come back if only we can have taken from them', () => {
    const old = entry('old', data('a', 'b'), { apiVersion: 'v0' });
    const less = { ...old, fieldsV1: data('b') };
    expect(restore([old], [], data('a'))).toEqual([old]);
    expect(restore([old], [less, entry('janus-x', data('a'))], data('q'))).toEqual([old]);
    expect(restore([old], [{ ...less, time: LATE }], data('a'))).toEqual([{ ...less, time: LATE }]);
    expect(restore([old], [less, entry('taker', data('a'))], data('a'))).toEqual([less, entry('taker', data('a'))]);
  });

  test('what the server gathered from the oldest writers goes back to each of them', () => {
    const update = { operation: 'Update' } as const;
    const before = [entry('w0', data('a'), update), entry('w1', data('b', 'x'), update), entry('w2', data('c'), update)];
    const live = [
      entry('ancient-changes', unionOf(data('a', 'b', 'foreign', 'new'), lock), { ...update, time: LATE }),
      before[2] ?? {},
      entry('janus-x', data('x')),
    ];
    expect(restore(before, live, data('x', 'new'))).toEqual([
      ...before,
      entry('ancient-changes', { ...data('foreign'), 'f:metadata': { 'f:labels': {} } }, { ...update, time: LATE }),
    ]);
  });

  test('a bucket that was there before is as it was', () => {
    const update = { operation: 'Update' } as const;
    const before = [entry('ancient-changes', data('a', 'b'), update), entry('w1', data('c'), update)];
    expect(restore(before, [entry('ancient-changes', data('b', 'c'), { ...update, time: LATE })], data('a'))).toEqual(before);
  });

  test('where there were no managedFields there are none again, unless somebody has written since', () => {
    const first = entry('before-first-apply', data('a', 'b'), { operation: 'Update' });
    expect(restore([], [first, entry('janus-x', data('a'))], data('a'))).toEqual([{}]);
    expect(restore([], [], {})).toEqual([{}]);
    expect(restore([], [first, entry('flux', data('c'))], data('a'))).toEqual([first, entry('flux', data('c'))]);
  });

  test('nobody is left with less than now or more than he had of the restored fields; nothing of ours is left', () => {
    const sets = fc
      .uniqueArray(fc.array(fc.constantFrom('f:a', 'f:b', 'f:c', 'k:{"n":1}'), { minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 6,
      })
      .map((paths) => setOf(paths));
    const lists = fc.uniqueArray(fc.tuple(fc.constantFrom('flux', 'hpa', 'kubectl', 'janus-x'), sets), {
      maxLength: 4,
      selector: ([manager]) => manager,
    });
    fc.assert(
      fc.property(lists, lists, sets, (earlier, now, restored) => {
        const before = earlier.filter(([manager]) => manager !== 'janus-x').map(([manager, set]) => entry(manager, set));
        const live = now.map(([manager, set]) => entry(manager, set, { time: LATE }));
        const result = restore(before, live, restored);
        expect(result.some(({ manager }) => manager === 'janus-x')).toBe(false);
        for (const manager of ['flux', 'hpa', 'kubectl']) {
          const of = (entries: readonly ManagedFieldsEntry[]): FieldsV1 => entries.find((one) => one.manager === manager)?.fieldsV1 ?? {};
          expect(equalSets(of(result), unionOf(of(live), intersectionOf(of(before), restored)))).toBe(true);
          expect(isEmptySet(of(result))).toBe(!result.some((one) => one.manager === manager));
        }
      }),
    );
  });
});
