import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readDocuments } from '../../src/cli/documents.ts';

const valuesOf = (text: string): unknown[] => readDocuments(text, 'f.yaml').map(({ value }) => value);
const read = (text: string) => () => readDocuments(text, 'f.yaml');

describe('values', () => {
  test('are read as Kubernetes tooling reads them', () => {
    const [value] = valuesOf('a: yes\nb: off\nc: 012\nd: 1_000\ne: 0b11\nf: ~\ng: 1.5\nh: 1e3\n');
    expect(value).toEqual({ a: true, b: false, c: 10, d: 1000, e: 3, f: null, g: 1.5, h: 1000 });
  });

  test('that look like dates or clock times stay text', () => {
    expect(valuesOf('a: 2020-01-01\nb: 1:30\nc: 190:20:30.15\nd: 2001-12-14t21:59:43.10-05:00')).toEqual([
      { a: '2020-01-01', b: '1:30', c: '190:20:30.15', d: '2001-12-14t21:59:43.10-05:00' },
    ]);
  });

  test('may be anchored and merged', () => {
    expect(valuesOf('base: &b {a: 1}\nx:\n  <<: *b\n  c: 2\n')).toEqual([{ base: { a: 1 }, x: { a: 1, c: 2 } }]);
  });

  test('may have the merge key as their own key, in quotes', () => {
    expect(valuesOf('"<<": 0')).toEqual([{ '<<': 0 }]);
  });

  test('survive a round trip through YAML 1.1, whatever JSON they are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const json: unknown = JSON.parse(JSON.stringify(value));
        fc.pre(noHugeNumbers(json));
        // The library writes this key bare, and bare it means a merge.
        fc.pre(!JSON.stringify(json).includes('"<<":'));
        expect(valuesOf(stringify(json, { version: '1.1' }))).toEqual([json]);
      }),
      { numRuns: 300 },
    );
  });

  test('named __proto__ change no prototype', () => {
    const [value] = valuesOf('__proto__: {polluted: yes}') as [object];
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('documents', () => {
  test('that hold nothing are left out', () => {
    expect(valuesOf('# a comment\n---\na: 1\n---\n\n---\n# another\n---\nb: 2\n')).toEqual([{ a: 1 }, { b: 2 }]);
    expect(valuesOf('')).toEqual([]);
    expect(valuesOf('---\n---\n')).toEqual([]);
  });

  test('may be JSON', () => {
    expect(valuesOf('{"a": "2020-01-01", "b": [1, true]}')).toEqual([{ a: '2020-01-01', b: [1, true] }]);
    expect(valuesOf('\n\t{\n\t"a": 1}')).toEqual([{ a: 1 }]);
  });

  test('know the place of each field', () => {
    const [first, second] = readDocuments('kind: A\nmetadata:\n  name: one\n---\n\nmetadata:\n    name:   two\nitems:\n- x: 1\n', 'f.yaml');
    expect(first?.at('metadata', 'name')).toBe('f.yaml:3:9 (document 1)');
    expect(second?.at('metadata', 'name')).toBe('f.yaml:7:13 (document 2)');
    expect(second?.at('items', '0', 'x')).toBe('f.yaml:9:6 (document 2)');
  });

  test('know the place around a field that is not there', () => {
    const [document] = readDocuments('# note\nmetadata:\n  name: one\n', 'f.yaml');
    expect(document?.at('metadata', 'namespace')).toBe('f.yaml:3:3');
    expect(document?.at('spec', 'replicas')).toBe('f.yaml:2:1');
    expect(document?.at()).toBe('f.yaml:2:1');
  });
});

describe('faults', () => {
  test('of syntax carry line and column', () => {
    expect(read('a: 1\nb:\n\t- c')).toThrow(/^f\.yaml:3:1: this is not valid YAML: Tabs are not allowed as indentation\.$/);
    expect(read('a: "x')).toThrow(/^f\.yaml:1:\d+: this is not valid YAML/);
    expect(read('a: [1,\nb: }')).toThrow(/^f\.yaml:2:1: this is not valid YAML/);
    expect(read('ok: 1\n---\nfoo: bar: baz')).toThrow(/^f\.yaml:3:6 \(document 2\): this is not valid YAML/);
  });

  test('are found in any document', () => {
    expect(read('a: 1\n---\na: 1\na: 2\n')).toThrow('f.yaml:4:1 (document 2): this is not valid YAML: Map keys must be unique.');
  });

  test('say of an alias bomb that it expands to too much', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefg'.split('').map((to, i) => `${to}: &${to} [${Array(9).fill(`*${'abcdef'[i]!}`).join(',')}]`),
    ];
    expect(read(bomb.join('\n'))).toThrow('its aliases (*name) expand to too much');
  });

  test('say of an unknown alias that it is unknown', () => {
    expect(read('a: *nowhere')).toThrow(/nowhere/);
  });

  test.each([
    ['y: 1', 'the key y reads as a boolean'],
    ['on: 1', 'the key on reads as a boolean'],
    ['~: 1', 'the key ~ reads as null'],
    ['1.5: 1', 'the key 1.5 reads as a number'],
    ['012: 1', 'the key 012 reads as a number'],
    ['? [a]\n: 1', 'a key must be text'],
    ['x: &x k\n*x : 1', 'an alias cannot be a key'],
  ])('refuse %j as a key', (text, words) => {
    expect(read(text)).toThrow(words);
  });

  test('do not arise from whole numbers as keys, which kubectl turns into text', () => {
    expect(valuesOf('8080: "shop/web:80"')).toEqual([{ '8080': 'shop/web:80' }]);
  });

  test.each([
    ['a: 123456789012345678901', 'too large to keep exactly'],
    ['a: .inf', 'no place in JSON'],
    ['a: .nan', 'no place in JSON'],
    ['a: [1, {b: 1e400}]', 'no place in JSON'],
  ])('refuse %j, which JSON would change', (text, words) => {
    expect(read(text)).toThrow(words);
  });

  test.each(['a: !!binary aGVsbG8=', 'a: !secret x', 'a: !!timestamp 2020-01-01'])('refuse the tag in %j', (text) => {
    expect(read(text)).toThrow('f.yaml:1:4: this YAML has a tag that JSON has no type for');
  });

  test('are the only thing thrown, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abc:-[]{}&*!|>"\'#%@\n\t 01.~?,<='.split('')), maxLength: 60 }), (text) => {
        try {
          for (const { value } of readDocuments(text, 'f.yaml')) JSON.stringify(value);
        } catch (error) {
          expect((error as Error).name).toBe('Fault');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function noHugeNumbers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) || !Number.isInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(noHugeNumbers);
}
