import { describe, expect, test } from 'vitest';
import type { FieldsV1, KubeObject } from '../../../src/kube/object.ts';
import { FieldsError } from '../../../src/lock/fields/depth.ts';
import { fingerprint } from '../../../src/lock/fields/fingerprint.ts';
import { sameApart } from '../../../src/lock/fields/same-apart.ts';
import { memberPaths } from '../../../src/lock/fields/set.ts';
import { takenFields, touchedFields } from '../../../src/lock/fields/touched-fields.ts';
import { LOCK_LABEL } from '../../../src/lock/label.ts';
import { asObject } from './model.ts';

function touched(fields: FieldsV1, before: object, after: object): readonly string[] {
  const set = touchedFields(fields, asObject(before), asObject(after));
  expect(fingerprint(asObject(before), fields) === fingerprint(asObject(after), fields)).toBe(memberPaths(set).length === 0);
  return memberPaths(set);
}

const app: FieldsV1 = { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:image': {}, 'f:name': {} } } } };

describe('touchedFields', () => {
  test('other fields may change, and other items of the list', () => {
    const before = { spec: { containers: [{ name: 'app', image: '1' }] }, data: { a: '1' } };
    const after = {
      spec: {
        containers: [
          { name: 'log', image: '9' },
          { name: 'app', image: '1', tty: true },
        ],
      },
      data: { a: '2' },
    };
    expect(touched(app, before, after)).toEqual([]);
  });

  test('a changed value and a removed field are found', () => {
    expect(
      touched(app, { spec: { containers: [{ name: 'app', image: '1' }] } }, { spec: { containers: [{ name: 'app', image: '2' }] } }),
    ).toEqual(['spec.containers[name="app"].image']);
    expect(touched({ 'f:data': { 'f:a': {} } }, { data: { a: '1' } }, { data: {} })).toEqual(['data.a']);
  });

  test('a field that is locked as absent must stay absent', () => {
    expect(touched({ 'f:data': { 'f:a': {} } }, { data: {} }, { data: { a: '1' } })).toEqual(['data.a']);
    expect(touched({ 'f:data': { 'f:a': {} } }, { data: {} }, {})).toEqual([]);
  });

  test('the removal of a whole parent touches all that is locked in it', () => {
    const before = { spec: { containers: [{ name: 'app', image: '1' }] } };
    for (const after of [
      {},
      { spec: {} },
      { spec: { containers: [] } },
      { spec: 'x' },
      { spec: null },
      { spec: { containers: { name: 'app' } } },
    ]) {
      expect(touched(app, before, after)).toEqual(['spec.containers[name="app"].image', 'spec.containers[name="app"].name']);
    }
  });

  test('an item whose merge key changes is another item', () => {
    const before = { spec: { containers: [{ name: 'app', image: '1' }] } };
    expect(touched(app, before, { spec: { containers: [{ name: 'renamed', image: '1' }] } })).not.toEqual([]);
  });

  test('order says nothing in an associative list, and everything in an atomic one', () => {
    const items = [{ name: 'a' }, { name: 'app', image: '1' }];
    expect(touched(app, { spec: { containers: items } }, { spec: { containers: items.toReversed() } })).toEqual([]);
    expect(touched({ 'f:spec': { 'f:command': {} } }, { spec: { command: [1, 2] } }, { spec: { command: [2, 1] } })).toEqual([
      'spec.command',
    ]);
  });

  test('a second item with the same keys touches the first: the later one wins in many lists', () => {
    const before = { spec: { containers: [{ name: 'app', image: '1' }] } };
    const after = {
      spec: {
        containers: [
          { name: 'app', image: '1' },
          { name: 'app', image: 'evil' },
        ],
      },
    };
    expect(touched(app, before, after)).toEqual(['spec.containers[name="app"].image', 'spec.containers[name="app"].name']);
  });

  test('an item without a merge key is not the one that has it', () => {
    const fields: FieldsV1 = {
      'f:spec': { 'f:ports': { 'k:{"port":53,"protocol":"TCP"}': { '.': {}, 'f:name': {} }, 'k:{"port":80}': { '.': {} } } },
    };
    const before = { spec: { ports: [{ port: 53, protocol: 'TCP', name: 'a' }, { port: 80 }] } };
    expect(touched(fields, before, { spec: { ports: [{ port: 53, name: 'a' }, { port: 80 }] } })).toEqual([
      'spec.ports[port=53,protocol="TCP"].name',
    ]);
    expect(
      touched(fields, before, {
        spec: {
          ports: [
            { port: 53, protocol: 'TCP', name: 'a' },
            { port: 80, protocol: 'UDP' },
          ],
        },
      }),
    ).toEqual(['spec.ports[port=80]']);
  });

  test('of a map locked by its presence alone, only that and its kind are locked', () => {
    const fields: FieldsV1 = { 'f:data': { '.': {} } };
    expect(touched(fields, { data: { a: '1' } }, { data: { b: '2' } })).toEqual([]);
    expect(touched(fields, { data: { a: '1' } }, {})).toEqual(['data']);
    expect(touched(fields, { data: { a: '1' } }, { data: [] })).toEqual(['data']);
    expect(touched(fields, { data: 1 }, { data: 2 })).toEqual(['data']);
  });

  test('a leaf is all that is in it', () => {
    expect(
      touched({ 'f:spec': { 'f:selector': {} } }, { spec: { selector: { a: '1' } } }, { spec: { selector: { a: '1', b: '2' } } }),
    ).toEqual(['spec.selector']);
  });

  test('members of sets are locked one by one', () => {
    const fields: FieldsV1 = { 'f:metadata': { 'f:finalizers': { 'v:"a"': {} } } };
    const of = (...finalizers: string[]): object => ({ metadata: { finalizers } });
    expect(touched(fields, of('a'), of('b', 'a'))).toEqual([]);
    expect(touched(fields, of('a', 'b'), of('b'))).toEqual(['metadata.finalizers[="a"]']);
    expect(touched(fields, of('a'), of('a', 'a'))).toEqual(['metadata.finalizers[="a"]']);
  });

  test('items by position are compared at their position', () => {
    expect(touched({ 'f:spec': { 'f:l': { 'i:1': {} } } }, { spec: { l: [1, 2] } }, { spec: { l: [9, 2] } })).toEqual([]);
    expect(touched({ 'f:spec': { 'f:l': { 'i:1': {} } } }, { spec: { l: [1, 2] } }, { spec: { l: [1] } })).toEqual(['spec.l[1]']);
  });

  test('the lock label is not looked at, nor taken for other labels', () => {
    const labels = (...names: string[]): object => ({ metadata: { labels: Object.fromEntries(names.map((name) => [name, 'x'])) } });
    const fields: FieldsV1 = { 'f:metadata': { 'f:labels': { [`f:${LOCK_LABEL}`]: {}, 'f:a': {} } } };
    expect(touched(fields, labels('a', LOCK_LABEL), labels('a'))).toEqual([]);
    expect(touched({ 'f:metadata': { 'f:labels': {} } }, labels(LOCK_LABEL), {})).toEqual([]);
    expect(touched({ 'f:metadata': { 'f:labels': {} } }, labels('a'), labels('b'))).toEqual([]);
  });

  test('names that every JavaScript object inherits are just names', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const data = Object.fromEntries([[name, '1']]);
      expect(touched({ 'f:data': { [`f:${name}`]: {} } }, { data: {} }, { data })).toHaveLength(1);
      expect(touched({ 'f:data': { [`f:${name}`]: {} } }, { data }, { data })).toEqual([]);
    }
  });

  test('what cannot be judged is an error: an unknown step, too deep a nesting', () => {
    for (const step of ['x:a', 'a', '', 'k:{', 'k:[]', 'k:{}', 'i:-1', 'v:'])
      expect(() => touchedFields({ 'f:a': { [step]: {} } }, asObject({}), asObject({}))).toThrow(FieldsError);
    const nest = (bottom: string): unknown => JSON.parse(`${'{"a":'.repeat(3_000)}"${bottom}"${'}'.repeat(3_000)}`);
    expect(() => touchedFields({ 'f:spec': {} }, asObject({ spec: nest('1') }), asObject({ spec: nest('2') }))).toThrow(FieldsError);
    expect(() => fingerprint(asObject({ spec: nest('1') }), 'object')).toThrow(FieldsError);
  });
});

describe('sameApart', () => {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', resourceVersion: '1', generation: 1, managedFields: [] },
    data: { a: '1', b: '2' },
  };

  test('a storage migration changes nothing', () => {
    expect(
      sameApart(object, {
        data: { b: '2', a: '1' },
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { generation: 1, name: 'a', resourceVersion: '2' },
      }),
    ).toBe(true);
  });

  test.each([
    ['a value', { ...object, data: { a: '1', b: '3' } }],
    ['the status', { ...object, status: {} }],
    ['the generation', { ...object, metadata: { ...object.metadata, generation: 2 } }],
    ['a label', { ...object, metadata: { ...object.metadata, labels: { a: 'b' } } }],
  ])('%s is a change', (_what, after) => {
    expect(sameApart(object, after)).toBe(false);
  });
});

describe('fingerprint', () => {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', labels: { a: '1' } },
    data: { a: '1', b: ['x', { y: 1, z: 2 }] },
  };

  test('is 32 hexadecimal digits, whatever the order of members', () => {
    expect(fingerprint(object, 'object')).toMatch(/^[0-9a-f]{32}$/);
    expect(
      fingerprint(
        { data: { b: ['x', { z: 2, y: 1 }], a: '1' }, metadata: { labels: { a: '1' }, name: 'a' }, kind: 'ConfigMap', apiVersion: 'v1' },
        'object',
      ),
    ).toBe(fingerprint(object, 'object'));
  });

  test('of a whole object does not mind status, what the server keeps, and the lock', () => {
    const moved = {
      ...object,
      status: { a: 1 },
      metadata: {
        ...object.metadata,
        labels: { a: '1', [LOCK_LABEL]: 'x' },
        resourceVersion: '2',
        generation: 3,
        uid: 'u',
        managedFields: [{}],
      },
    };
    expect(fingerprint(moved, 'object')).toBe(fingerprint(object, 'object'));
    expect(fingerprint({ ...object, metadata: { name: 'a', labels: { a: '2' } } }, 'object')).not.toBe(fingerprint(object, 'object'));
  });

  test('tells text from what looks like it', () => {
    const of = (a: unknown): string => fingerprint({ ...object, data: { a } }, { 'f:data': { 'f:a': {} } });
    const values = ['1', 1, null, 'null', 'absent', {}, [], '{}', true, 'true', undefined];
    expect(new Set(values.map(of)).size).toBe(values.length);
  });
});

describe('what others take from a lock', () => {
  const taken = (fields: FieldsV1, before: object, after: object): readonly string[] =>
    memberPaths(takenFields(fields, asObject(before), asObject(after)));
  const first: FieldsV1 = { 'f:metadata': { 'f:annotations': { '.': {}, 'f:note': {} } } };
  const annotated = (annotations?: object): object => ({ metadata: annotations === undefined ? {} : { annotations } });

  test('is not the map that a locked member is to have its place in, while that is not in it', () => {
    expect(taken(first, annotated(), annotated({ other: 'x' }))).toEqual([]);
    expect(taken(first, annotated({ other: 'x' }), annotated())).toEqual([]);
    expect(touched(first, annotated(), annotated({ other: 'x' }))).toEqual(['metadata.annotations']);
  });

  test('is the member itself, whatever else is in its map', () => {
    expect(taken(first, annotated(), annotated({ note: 'x' }))).toEqual(['metadata.annotations.note']);
    expect(taken(first, annotated({ note: 'x' }), annotated())).toEqual(['metadata.annotations.note']);
    expect(taken(first, annotated({ note: 'x', other: 'x' }), annotated({ other: 'x' }))).toEqual(['metadata.annotations.note']);
  });

  test('is the place where something of another kind is put in it', () => {
    expect(taken({ 'f:spec': { 'f:a': { '.': {}, 'f:b': {} } } }, { spec: {} }, { spec: { a: [] } })).toEqual(['spec.a']);
    expect(taken({ 'f:spec': { 'f:a': { '.': {}, 'f:b': {} } } }, { spec: {} }, { spec: { a: 1 } })).toEqual(['spec.a']);
  });

  test('is a map that is locked for its own sake', () => {
    expect(taken({ 'f:spec': { 'f:empty': { '.': {} } } }, { spec: {} }, { spec: { empty: { a: 1 } } })).toEqual(['spec.empty']);
    expect(taken({ 'f:spec': { 'f:empty': {} } }, { spec: {} }, { spec: { empty: { a: 1 } } })).toEqual(['spec.empty']);
  });
});
