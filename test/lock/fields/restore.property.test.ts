import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FieldsV1, KubeObject } from '../../../src/kube/object.ts';
import { changedFields } from '../../../src/lock/fields/changed.ts';
import { fingerprint } from '../../../src/lock/fields/fingerprint.ts';
import { resolvePath } from '../../../src/lock/fields/resolve.ts';
import { restorePatch } from '../../../src/lock/fields/restore.ts';
import { isEmptySet, unionOf } from '../../../src/lock/fields/set.ts';
import { touchedFields } from '../../../src/lock/fields/touched-fields.ts';
import { applyPatch } from './json-patch.ts';
import { coveredBy, edited, objects, ownedBy, sameLine, tableOf, type Line, type Table } from './model.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 100);

interface Story {
  readonly before: KubeObject;
  readonly after: KubeObject;
  readonly live: KubeObject;
  readonly shapes: FieldsV1;
  readonly fields: FieldsV1;
}

/** A transaction makes `after` of `before`; then strangers make `live` of it, and touch nothing that the transaction changed. */
const stories: fc.Arbitrary<Story> = fc
  .tuple(objects, objects, objects, fc.array(fc.nat(), { maxLength: 12 }))
  .map(([before, after, other, picks]) => {
    const shapes = unionOf(...[before, after, other].map((object) => ownedBy(object)));
    const fields = changedFields(before, after, shapes);
    const live = picks.reduce((object, pick) => foreignEdit(object, other, pick, (next) => untouched(fields, after, next)), after);
    return { before, after, live, shapes, fields };
  });

function foreignEdit(object: KubeObject, towards: KubeObject, pick: number, allowed: (next: KubeObject) => boolean): KubeObject {
  const lines = [...new Map([...tableOf(object), ...tableOf(towards)]).values()].filter(
    ({ steps }) => steps.length > 1 && !isMergeKey(steps),
  );
  const line = lines[pick % Math.max(1, lines.length)];
  const next = line === undefined ? object : edited(object, towards, line);
  return allowed(next) ? next : object;
}

// To change a merge key is to remove an item and to add another, which other edits do.
function isMergeKey(steps: readonly string[]): boolean {
  const item = steps.at(-2) ?? '';
  return item.startsWith('k:') && Object.hasOwn(JSON.parse(item.slice(2)) as object, (steps.at(-1) ?? '').slice(2));
}

function untouched(fields: FieldsV1, before: KubeObject, after: KubeObject): boolean {
  const [a, b] = [tableOf(before), tableOf(after)];
  return linesOf(a, b)
    .filter(([, line]) => coveredBy(fields)(line))
    .every(([key]) => sameLine(key, a, b));
}

function linesOf(...tables: readonly Table[]): readonly (readonly [string, Line])[] {
  return [...new Map(tables.flatMap((table) => [...table]))];
}

function check(property: fc.IProperty<[Story]>): void {
  fc.assert(property, { numRuns: RUNS });
}

describe('changedFields', () => {
  test('lists just the places where two states differ', () => {
    check(
      fc.property(stories, ({ before, after, fields }) => {
        const [a, b] = [tableOf(before), tableOf(after)];
        const covered = coveredBy(fields);
        for (const [key, line] of linesOf(a, b)) expect([line.steps, covered(line)]).toEqual([line.steps, !sameLine(key, a, b)]);
      }),
    );
  });

  test('finds nothing between equal states, and the same in both directions', () => {
    check(
      fc.property(stories, ({ before, after, shapes, fields }) => {
        expect(changedFields(before, structuredClone(before), shapes)).toEqual({});
        expect(changedFields(after, before, shapes)).toEqual(fields);
      }),
    );
  });
});

describe('touchedFields', () => {
  test('finds what a write does to a lock, and nothing else', () => {
    check(
      fc.property(stories, ({ before, after, live, shapes, fields }) => {
        expect(touchedFields(fields, after, live)).toEqual({});
        const locked = ownedBy(before);
        const [a, b] = [tableOf(before), tableOf(live)];
        const touched = coveredBy(touchedFields(locked, before, live));
        const covered = coveredBy(locked);
        for (const [key, line] of a)
          if (covered(line) && !isEmptyContainer(line)) expect([line.steps, touched(line)]).toEqual([line.steps, !sameLine(key, a, b)]);
        expect(isEmptySet(touchedFields(changedFields(before, live, shapes), before, live))).toBe(
          isEmptySet(changedFields(before, live, shapes)),
        );
      }),
    );
  });

  test('agrees with the fingerprint', () => {
    check(
      fc.property(stories, ({ before, after, live, fields }) => {
        for (const set of [fields, ownedBy(before), ownedBy(after)]) {
          for (const other of [after, live, structuredClone(before)]) {
            expect(fingerprint(before, set) === fingerprint(other, set)).toBe(isEmptySet(touchedFields(set, before, other)));
          }
        }
      }),
    );
  });
});

describe('resolvePath', () => {
  test('finds every place of an object, where a JSON Pointer finds it too', () => {
    check(
      fc.property(stories, ({ live }) => {
        for (const { steps, value } of tableOf(live).values()) {
          const found = resolvePath(live, steps);
          expect(found).toMatchObject({ found: true, value });
          if (found.found && steps.length > 0) applyPatch(live, [{ op: 'test', path: found.pointer, value }]);
        }
      }),
    );
  });
});

describe('restorePatch', () => {
  test('puts back what the transaction changed and leaves what strangers changed', () => {
    check(
      fc.property(stories, ({ before, after, live, shapes, fields }) => {
        const othersOwn = changedFields(after, live, shapes);
        const result = applyPatch(live, restorePatch({ before, live, fields, othersOwn }));
        const [was, is, now] = [tableOf(before), tableOf(result), tableOf(live)];
        const covered = coveredBy(fields);
        for (const [key, line] of linesOf(was, is, now)) {
          if (!covered(line)) {
            const isNew = isMergeKey(line.steps) && !now.has(JSON.stringify(line.steps.slice(0, -1)));
            if (!line.container && !isNew) expect([line.steps, is.get(key)?.value]).toEqual([line.steps, now.get(key)?.value]);
          } else if (!isForeignGround(line, was, now, covered)) {
            expect([line.steps, sameLine(key, is, was)]).toEqual([line.steps, true]);
          }
        }
      }),
    );
  });

  test('makes the object what it was where nobody else wrote, order of items included', () => {
    check(
      fc.property(stories, ({ before, after, fields }) => {
        const result = applyPatch(after, restorePatch({ before, live: after, fields }));
        expect(fields).toEqual(changedFields(before, after, unionOf(ownedBy(before), ownedBy(after))));
        expect(withoutReordering(result)).toEqual(withoutReordering(before));
        expect(listsIn(result, fields)).toEqual(listsIn(before, fields));
      }),
    );
  });

  test('has nothing to do the second time', () => {
    check(
      fc.property(stories, ({ before, after, live, shapes, fields }) => {
        const othersOwn = changedFields(after, live, shapes);
        const result = applyPatch(live, restorePatch({ before, live, fields, othersOwn }));
        expect(restorePatch({ before, live: result, fields, othersOwn })).toEqual([]);
      }),
    );
  });

  test('does not change its input', () => {
    check(
      fc.property(stories, ({ before, live, fields }) => {
        const copies = structuredClone([before, live, fields]);
        restorePatch({ before, live, fields });
        expect([before, live, fields]).toEqual(copies);
      }),
    );
  });

  test('either fails or is right on an object that has moved on since it was read', () => {
    check(
      fc.property(stories, ({ before, after, live, shapes, fields }) => {
        const stale = restorePatch({ before, live: after, fields });
        let result: KubeObject;
        try {
          result = applyPatch(live, stale);
        } catch {
          return;
        }
        const fresh = applyPatch(live, restorePatch({ before, live, fields, othersOwn: changedFields(after, live, shapes) }));
        const [one, other] = [tableOf(result), tableOf(fresh)];
        for (const [key, line] of linesOf(one, other))
          if (!line.container) expect([line.steps, one.get(key)?.value]).toEqual([line.steps, other.get(key)?.value]);
      }),
    );
  });
});

// Whoever owns an empty map owns a leaf: then anything put into it is a change of it.
function isEmptyContainer({ container, value }: Line): boolean {
  return container && Object.keys(value as object).length === 0;
}

/** A container, or the keys of an item, that was not there before, but in which strangers have something now: it has to stay. */
function isForeignGround(line: Line, was: Table, now: Table, covered: (line: Line) => boolean): boolean {
  const isKey = isMergeKey(line.steps);
  const place = isKey ? line.steps.slice(0, -1) : line.steps;
  if (!line.container && !isKey) return false;
  const below = (other: Line): boolean => other.steps.length > place.length && place.every((step, index) => other.steps[index] === step);
  return !was.has(JSON.stringify(place)) && [...now.values()].some((other) => below(other) && !covered(other));
}

function withoutReordering(object: unknown): unknown {
  return Object.fromEntries(
    [...tableOf(object)]
      .filter(([, line]) => !line.container || Object.keys(line.value as object).length === 0)
      .map(([key, line]) => [key, line.value]),
  );
}

/** The lists that a field set goes into, items in order. */
function listsIn(object: KubeObject, fields: FieldsV1): unknown {
  const spec = object['spec'] as { containers?: { name: string }[]; hosts?: string[] } | undefined;
  const has = (name: string): boolean => Object.keys((fields['f:spec'] ?? {})[`f:${name}`] ?? {}).length > 0;
  return [has('containers') ? spec?.containers?.map(({ name }) => name) : undefined, has('hosts') ? spec?.hosts : undefined];
}
