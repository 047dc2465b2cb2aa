import { describe, expect, test } from 'vitest';
import type { FieldsV1, KubeObject } from '../../../src/kube/object.ts';
import { changedFields } from '../../../src/lock/fields/changed.ts';
import { FieldsError } from '../../../src/lock/fields/depth.ts';
import { resolvePath } from '../../../src/lock/fields/resolve.ts';
import { restorePatch, unrestoredFields } from '../../../src/lock/fields/restore.ts';
import { memberPaths } from '../../../src/lock/fields/set.ts';
import { LOCK_LABEL } from '../../../src/lock/label.ts';
import { applyPatch } from './json-patch.ts';
import { asObject } from './model.ts';

const byName: FieldsV1 = { 'f:spec': { 'f:items': { 'k:{"name":"?"}': { '.': {}, 'f:name': {} } } } };

/** What is left of `live` once everything that the transaction made of `before` is undone. */
function undone(before: object, after: object, live: object = after, othersOwn: FieldsV1 = {}): KubeObject {
  const fields = changedFields(asObject(before), asObject(after), byName);
  const result = applyPatch(asObject(live), restorePatch({ before: asObject(before), live: asObject(live), fields, othersOwn }));
  expect(unrestoredFields({ before: asObject(before), live: result, fields, othersOwn })).toEqual({});
  return result;
}

const items = (...names: string[]): object => ({ spec: { items: names.map((name) => ({ name })) } });

describe('restorePatch', () => {
  test('has nothing to do where nothing differs', () => {
    expect(
      restorePatch({
        before: asObject({ data: { a: '1' } }),
        live: asObject({ data: { a: '1', b: '2' } }),
        fields: { 'f:data': { 'f:a': {} } },
      }),
    ).toEqual([]);
    expect(restorePatch({ before: asObject({}), live: asObject({ data: {} }), fields: {} })).toEqual([]);
  });

  test('annotations that were not there go with the last of ours, and stay if somebody else has put one in', () => {
    const after = { metadata: { annotations: { ours: '1' } } };
    expect(undone({}, after)).toEqual(asObject({}));
    expect(undone({}, after, { metadata: { annotations: { ours: '1', theirs: '2' } } })).toEqual(
      asObject({ metadata: { annotations: { theirs: '2' } } }),
    );
  });

  test('an empty map that was there before stays, empty', () => {
    expect(undone({ data: {} }, { data: { a: '1' } })).toEqual(asObject({ data: {} }));
  });

  test('parents that are gone come back with no more than what is put back', () => {
    const before = asObject({ spec: { a: { b: 1, theirs: 2 } } });
    const operations = restorePatch({ before, live: asObject({}), fields: { 'f:spec': { 'f:a': { 'f:b': {} } } } });
    expect(operations).toEqual([
      { op: 'test', path: '/spec', value: null },
      { op: 'add', path: '/spec', value: { a: { b: 1 } } },
    ]);
  });

  test('names with slashes and tildes are escaped', () => {
    expect(undone({ data: { 'a/b~c': '1' } }, { data: { 'a/b~c': '2', '~1/': 'x' } })).toEqual(asObject({ data: { 'a/b~c': '1' } }));
  });

  test('null, absence and emptiness are told apart', () => {
    for (const before of [{ data: null }, {}, { data: {} }, { data: { a: null } }]) {
      for (const after of [{ data: null }, {}, { data: {} }, { data: { a: null } }])
        expect(undone(before, after)).toEqual(asObject(before));
    }
  });

  test('a value of another kind comes back whole', () => {
    const kinds = [{ spec: 1 }, { spec: { a: { b: 1 } } }, { spec: [1, 2] }, { spec: 'x' }, {}];
    for (const before of kinds) for (const after of kinds) expect(undone(before, after)).toEqual(asObject(before));
  });

  test('an item that was removed comes back between its neighbours', () => {
    expect(undone(items('a', 'b', 'c'), items('a', 'c'))).toEqual(asObject(items('a', 'b', 'c')));
    expect(undone(items('a', 'b', 'c', 'd'), items('d'))).toEqual(asObject(items('a', 'b', 'c', 'd')));
    expect(undone(items('a', 'b', 'c'), items('a', 'c'), items('x', 'a', 'c', 'y'))).toEqual(asObject(items('x', 'a', 'b', 'c', 'y')));
    expect(undone(items('a'), {}, {})).toEqual(asObject(items('a')));
  });

  test('an item that was added goes, wherever it is now', () => {
    expect(undone(items('a'), items('n', 'a'), items('x', 'a', 'y', 'n'))).toEqual(asObject(items('x', 'a', 'y')));
    expect(undone({}, items('n'))).toEqual(asObject({}));
    expect(undone({}, items('n'), items('n', 'x'))).toEqual(asObject(items('x')));
  });

  test('items that the change has put into another order are back in their own', () => {
    const [before, after] = [items('a', 'b', 'c', 'd'), items('d', 'n', 'c', 'a')];
    expect(undone(before, after)).toEqual(asObject(before));
  });

  test('an added item stays if others own something in it; ours goes', () => {
    const live = { spec: { items: [{ name: 'n', ours: 1, theirs: 2 }] } };
    const after = { spec: { items: [{ name: 'n', ours: 1 }] } };
    const othersOwn: FieldsV1 = { 'f:spec': { 'f:items': { 'k:{"name":"n"}': { 'f:theirs': {} } } } };
    expect(undone({}, after, live, othersOwn)).toEqual(asObject({ spec: { items: [{ name: 'n', theirs: 2 }] } }));
    expect(undone({}, after, live)).toEqual(asObject({}));
  });

  test('items with the same keys are one value', () => {
    const twice = { spec: { items: [{ name: 'a', v: 1 }, { name: 'b' }, { name: 'a', v: 2 }] } };
    const once = { spec: { items: [{ name: 'b' }, { name: 'a', v: 3 }] } };
    expect(undone(twice, once)).toEqual(asObject(twice));
    expect(undone(once, twice)).toEqual(asObject(once));
  });

  test('the lock label stays, even if a set speaks of all labels', () => {
    const live = asObject({ metadata: { labels: { [LOCK_LABEL]: 'x', ours: '1' } } });
    for (const fields of [
      { 'f:ours': {}, '.': {} },
      { [`f:${LOCK_LABEL}`]: {}, 'f:ours': {} },
    ] as FieldsV1[]) {
      const result = applyPatch(live, restorePatch({ before: asObject({}), live, fields: { 'f:metadata': { 'f:labels': fields } } }));
      expect(result.metadata.labels).toEqual({ [LOCK_LABEL]: 'x' });
    }
    expect(restorePatch({ before: asObject({}), live, fields: { 'f:metadata': { 'f:labels': {} } } })).toEqual([]);
  });

  test('a list known by position goes back whole', () => {
    const fields: FieldsV1 = { 'f:spec': { 'f:l': { 'i:0': {} } } };
    expect(restorePatch({ before: asObject({ spec: { l: [1, 2] } }), live: asObject({ spec: { l: [3] } }), fields })).toEqual([
      { op: 'replace', path: '/spec/l', value: [1, 2] },
    ]);
  });

  test('items reached by position are tested by their merge keys', () => {
    const of = (value: number): KubeObject => asObject({ spec: { items: [{ name: 'x' }, { name: 'a', value }] } });
    expect(restorePatch({ before: of(1), live: of(2), fields: changedFields(of(1), of(2), byName) })).toEqual([
      { op: 'test', path: '/spec/items/1/name', value: 'a' },
      { op: 'replace', path: '/spec/items/1/value', value: 1 },
    ]);
  });

  test('more places than a server takes in one patch go back as whole fields, only on the state that was read', () => {
    const data = (value: string): object => Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`key-${index}`, value]));
    const [before, live] = [
      asObject({ data: data('a') }),
      asObject({ data: data('b'), other: 1, metadata: { resourceVersion: '7', labels: { a: 'b' } } }),
    ];
    const operations = restorePatch({ before, live, fields: changedFields(asObject({ data: data('a') }), asObject({ data: data('b') })) });
    expect(operations).toHaveLength(2);
    expect(operations[0]).toEqual({ op: 'test', path: '/metadata/resourceVersion', value: '7' });
    expect(applyPatch(live, operations)).toEqual({ ...live, data: data('a') });
  });

  test('hostile names reach no prototype', () => {
    const hostile = JSON.parse('{"data":{"__proto__":{"polluted":"yes"},"constructor":"x"}}') as object;
    expect(JSON.stringify(undone(hostile, {}))).toContain('"__proto__":{"polluted":"yes"}');
    expect(undone({}, hostile)).toEqual(asObject({}));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('too deep a nesting is an error that says so', () => {
    const nest = (bottom: string): object => JSON.parse(`${'{"a":'.repeat(5_000)}"${bottom}"${'}'.repeat(5_000)}`) as object;
    expect(() => changedFields(asObject(nest('1')), asObject(nest('2')))).toThrow(FieldsError);
    expect(() => undone({ spec: 1 }, { spec: 2, data: nest('1') })).toThrow(FieldsError);
  });
});

describe('changedFields', () => {
  const owned = (fieldsV1: FieldsV1, apiVersion = 'example.com/v1'): object => ({
    managedFields: [{ manager: 'm', apiVersion, fieldsV1 }],
  });

  test('leaves out what only the server writes, and the lock', () => {
    const after = {
      metadata: {
        labels: { [LOCK_LABEL]: 'x' },
        uid: 'u',
        generation: 2,
        resourceVersion: '3',
        creationTimestamp: 'now',
        selfLink: '/',
        ...owned({}),
      },
      status: { phase: 'Ready' },
    };
    expect(changedFields(asObject({}), asObject(after))).toEqual({});
  });

  test('reads from managedFields which lists are keyed, which are sets, and which maps are atomic', () => {
    const shape: FieldsV1 = { 'f:spec': { 'f:items': { 'k:{"name":"a"}': { 'f:v': {} } }, 'f:set': { 'v:"x"': {} }, 'f:selector': {} } };
    const of = (v: number): KubeObject =>
      asObject({
        metadata: owned(shape),
        spec: { items: [{ name: 'a', v }, { name: 'b' }], set: ['x', String(v)], selector: { a: v, b: 1 }, list: [{ name: 'a', v }] },
      });
    expect(memberPaths(changedFields(of(1), of(2)))).toEqual([
      'spec.items[name="a"].v',
      'spec.set[="1"]',
      'spec.set[="2"]',
      'spec.selector',
      'spec.list',
    ]);
  });

  test('believes entries in the version of the object only', () => {
    const of = (v: number): KubeObject =>
      asObject({
        metadata: owned({ 'f:spec': { 'f:items': { 'k:{"name":"a"}': {} } } }, 'example.com/v2'),
        spec: { items: [{ name: 'a', v }] },
      });
    expect(memberPaths(changedFields(of(1), of(2)))).toEqual(['spec.items']);
  });

  test('a list with items that lack all keys is one value', () => {
    expect(memberPaths(changedFields(asObject(items('a')), asObject({ spec: { items: [{ other: 1 }] } }), byName))).toEqual(['spec.items']);
  });

  test('managedFields that make no sense say nothing', () => {
    for (const managedFields of [
      'x',
      [null],
      [{ apiVersion: 'example.com/v1', fieldsV1: 'x' }],
      [{ apiVersion: 'example.com/v1', fieldsV1: { 'f:spec': { 'f:items': { 'k:{': {} } } } }],
    ]) {
      const of = (v: number): KubeObject => asObject({ metadata: { managedFields }, spec: { items: [{ name: 'a', v }] } });
      expect(memberPaths(changedFields(of(1), of(2)))).toEqual(['spec.items']);
    }
  });

  test('a key is found again however the server has written it', () => {
    const shape: FieldsV1 = { 'f:spec': { 'f:ports': { 'k:{"protocol": "T\\u003cP","port":53}': {} } } };
    const of = (name: string): KubeObject => asObject({ spec: { ports: [{ port: 53, protocol: 'T<P', name }] } });
    expect(Object.keys(changedFields(of('a'), of('b'), { ...shape })['f:spec']?.['f:ports'] ?? {})).toEqual([
      'k:{"protocol": "T\\u003cP","port":53}',
    ]);
  });
});

describe('resolvePath', () => {
  const object = {
    spec: { ports: [{ port: 53 }, { port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }], set: ['a', 'b'], 'x/y~z': [1, [2]] },
  };

  test.each<[readonly string[], string | undefined, unknown]>([
    [['f:spec', 'f:ports', 'k:{"port":53,"protocol":"TCP"}', 'f:protocol'], '/spec/ports/2/protocol', 'TCP'],
    [['f:spec', 'f:ports', 'k:{"port":53}', 'f:port'], '/spec/ports/0/port', 53],
    [['f:spec', 'f:set', 'v:"b"'], '/spec/set/1', 'b'],
    [['f:spec', 'f:x/y~z', 'i:1', 'i:0'], '/spec/x~1y~0z/1/0', 2],
    [['f:spec', 'f:ports', 'k:{"port":80}'], undefined, undefined],
    [['f:spec', 'f:set', 'v:"c"'], undefined, undefined],
    [['f:spec', 'f:set', 'i:2'], undefined, undefined],
    [['f:spec', 'f:toString'], undefined, undefined],
    [['f:spec', 'f:set', 'f:length'], undefined, undefined],
  ])('%j', (steps, pointer, value) => {
    expect(resolvePath(object, steps)).toEqual(pointer === undefined ? { found: false } : { found: true, pointer, value });
  });

  test('refuses steps that it does not know and paths without end', () => {
    expect(() => resolvePath({ a: [] }, ['f:a', 'q:1'])).toThrow(FieldsError);
    expect(() =>
      resolvePath(
        {},
        Array.from({ length: 600 }, () => 'f:a'),
      ),
    ).toThrow(FieldsError);
  });
});
