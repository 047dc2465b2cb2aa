import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FieldsV1 } from '../../../src/kube/object.ts';
import { FieldsError, MAX_DEPTH } from '../../../src/lock/fields/depth.ts';
import { stepPaths } from '../../../src/lock/fields/member-paths.ts';
import { differenceOf, equalSets, intersectionOf, isEmptySet, memberPaths, unionOf, wireForm } from '../../../src/lock/fields/set.ts';
import { setOf } from './model.ts';

const steps = fc.constantFrom('f:a', 'f:b', 'f:__proto__', 'f:constructor', 'k:{"name":"x"}', 'v:"m"');
const paths = fc.uniqueArray(fc.array(steps, { minLength: 1, maxLength: 4 }), { maxLength: 8, selector: (path) => JSON.stringify(path) });
const sets = paths.map((members) => setOf(members));

/** The members as a plain set: what the arithmetic is about. */
function members(set: FieldsV1): Set<string> {
  return new Set(stepPaths(set).map((path) => JSON.stringify(path)));
}

describe('the arithmetic of field sets', () => {
  test('is that of plain sets of paths', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const [mine, theirs] = [members(a), members(b)];
        expect(members(unionOf(a, b))).toEqual(new Set([...mine, ...theirs]));
        expect(members(intersectionOf(a, b))).toEqual(new Set([...mine].filter((path) => theirs.has(path))));
        expect(members(differenceOf(a, b))).toEqual(new Set([...mine].filter((path) => !theirs.has(path))));
        expect(equalSets(a, b)).toBe(mine.size === theirs.size && [...mine].every((path) => theirs.has(path)));
        expect(isEmptySet(a)).toBe(mine.size === 0);
        expect(members(wireForm(a))).toEqual(mine);
      }),
    );
  });

  test('a set is the union of what it shares with another and what it does not', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        expect(equalSets(unionOf(intersectionOf(a, b), differenceOf(a, b)), a)).toBe(true);
      }),
    );
  });

  test('a place is a member only by itself, not by what is in it', () => {
    expect(intersectionOf({ 'f:data': { 'f:a': {} } }, { 'f:data': { '.': {}, 'f:b': {} } })).toEqual({});
    expect(intersectionOf({ 'f:data': { '.': {}, 'f:a': {} } }, { 'f:data': {} })).toEqual({ 'f:data': { '.': {} } });
    expect(differenceOf({ 'f:data': { '.': {}, 'f:a': {} } }, { 'f:data': {} })).toEqual({ 'f:data': { 'f:a': {} } });
  });

  test('a place of which only the presence is left is not taken for all of it', () => {
    const rest = differenceOf({ 'f:labels': { '.': {}, 'f:a': {} } }, { 'f:labels': { 'f:a': {} } });
    expect(rest).toEqual({ 'f:labels': { '.': {} } });
    expect(wireForm(rest)).toEqual({ 'f:labels': {} });
    expect(equalSets(rest, wireForm(rest))).toBe(true);
  });

  test('a parent without members vanishes', () => {
    expect(differenceOf({ 'f:a': { 'f:b': { 'f:c': {} } } }, { 'f:a': { 'f:b': { 'f:c': {} } } })).toEqual({});
    expect(isEmptySet(intersectionOf({ 'f:a': { 'f:b': {} } }, { 'f:a': { 'f:c': {} } }))).toBe(true);
  });

  test('a leaf is more than the presence of a place, and less than what is listed in it', () => {
    const [leaf, presence, listed]: FieldsV1[] = [{ 'f:a': {} }, { 'f:a': { '.': {} } }, { 'f:a': { 'f:b': {} } }];
    expect([unionOf(leaf, presence), unionOf(presence, leaf)]).toEqual([leaf, leaf]);
    for (const one of [leaf, presence])
      expect([unionOf(one, listed), unionOf(listed, one)]).toEqual([{ 'f:a': { '.': {}, 'f:b': {} } }, { 'f:a': { '.': {}, 'f:b': {} } }]);
  });

  test('absent sets are empty', () => {
    expect(unionOf()).toEqual({});
    expect(unionOf(undefined, { 'f:a': {} }, {})).toEqual({ 'f:a': {} });
  });

  test('a step called __proto__ stays a step', () => {
    const hostile = JSON.parse('{"__proto__":{"f:x":{}},"f:__proto__":{}}') as FieldsV1;
    const union = unionOf(hostile, { 'f:a': {} });
    expect(Object.keys(union).sort()).toEqual(['__proto__', 'f:__proto__', 'f:a']);
    expect(Object.getPrototypeOf(union)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['f:x']).toBeUndefined();
  });

  test('anything that is JSON is taken: what is no node is a leaf', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [one, other] = [a, b] as unknown as [FieldsV1, FieldsV1];
        for (const result of [unionOf(one, other), intersectionOf(one, other), differenceOf(one, other), wireForm(one)])
          expect(result).toBeDefined();
        expect(equalSets(one, one)).toBe(true);
        expect(memberPaths(one)).toBeInstanceOf(Array);
      }),
    );
  });

  test('too deep a nesting is an error that says so, not an exhausted stack', () => {
    const nested = (): FieldsV1 => {
      let set: FieldsV1 = {};
      for (let level = 0; level < 200_000; level++) set = { 'f:a': set };
      return set;
    };
    const [deep, other] = [nested(), nested()];
    for (const attempt of [
      () => unionOf(deep, other),
      () => intersectionOf(deep, other),
      () => differenceOf(deep, other),
      () => equalSets(deep, other),
      () => memberPaths(deep),
      () => stepPaths(deep),
      () => wireForm(deep),
    ]) {
      expect(attempt).toThrow(FieldsError);
      expect(attempt).toThrow(String(MAX_DEPTH));
    }
  });
});

describe('memberPaths', () => {
  test.each<[FieldsV1, readonly string[]]>([
    [
      { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:image': {} } } } } } },
      ['spec.template.spec.containers[name="app"].image'],
    ],
    [{ 'f:data': { 'f:a.b': {}, 'f:my-key': {} } }, ['data["a.b"]', 'data.my-key']],
    [{ 'f:metadata': { 'f:finalizers': { 'v:"x/y"': {} } } }, ['metadata.finalizers[="x/y"]']],
    [{ 'f:ports': { 'k:{"protocol":"TCP","containerPort":53}': { '.': {} } } }, ['ports[containerPort=53,protocol="TCP"]']],
    [{ 'f:list': { 'i:3': {} } }, ['list[3]']],
    [{ 'f:a"b': {} }, ['["a\\"b"]']],
    [{ 'f:data': { '.': {} } }, ['data']],
    [{ 'f:a': { 'x:odd': {} } }, ['a[?x:odd]']],
    [{}, []],
  ])('names %j', (set, words) => {
    expect(memberPaths(set)).toEqual(words);
  });
});
