import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addFinalizers, annotate, annotation, isBeingDeleted, nameOf, unannotate } from '../../src/admission/metadata.ts';
import { applyPatch } from './json-patch.ts';

const annotationsOf = (object: unknown): unknown => (object as { metadata: { annotations?: unknown } }).metadata.annotations;

describe('annotating', () => {
  test.each([
    ['absent', {}],
    ['null', { annotations: null }],
    ['empty', { annotations: {} }],
  ])('works where the map is %s', (_what, metadata) => {
    expect(annotationsOf(applyPatch({ metadata }, annotate({ metadata }, { 'tx.janus.io/a~b': 'x' })))).toEqual({ 'tx.janus.io/a~b': 'x' });
  });

  test('keeps other annotations and replaces the value of its own', () => {
    const object = { metadata: { annotations: { other: '1', 'tx.janus.io/a': 'forged' } } };
    expect(annotationsOf(applyPatch(object, annotate(object, { 'tx.janus.io/a': 'true' })))).toEqual({
      other: '1',
      'tx.janus.io/a': 'true',
    });
  });

  test('does nothing where nothing is to be done', () => {
    expect(annotate({ metadata: { annotations: { a: '1' } } }, { a: '1' })).toEqual([]);
    expect(annotate({ metadata: {} }, {})).toEqual([]);
    expect(unannotate({ metadata: {} }, ['a'])).toEqual([]);
  });

  test('is what was asked for, for any keys and values, and can be undone', () => {
    const map = fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.option(map), map, (before, wanted) => {
        const object = { metadata: before === null ? {} : { annotations: before } };
        const after = applyPatch(object, annotate(object, wanted)) as { metadata: object };
        expect(annotationsOf(after) ?? {}).toEqual({ ...before, ...wanted });
        const undone = applyPatch(after, unannotate(after, Object.keys(wanted)));
        expect(Object.keys(annotationsOf(undone) ?? {})).toEqual(Object.keys(before ?? {}).filter((key) => !Object.hasOwn(wanted, key)));
      }),
    );
  });
});

describe('adding finalizers', () => {
  const finalizersOf = (object: unknown): unknown => (object as { metadata: { finalizers?: unknown } }).metadata.finalizers;
  test.each([
    [{}, ['a', 'b']],
    [{ finalizers: null }, ['a', 'b']],
    [{ finalizers: [] }, ['a', 'b']],
    [{ finalizers: ['x', 'b'] }, ['x', 'b', 'a']],
    [{ finalizers: ['b', 'a'] }, ['b', 'a']],
  ])('to %j gives %j', (metadata, expected) => {
    const object = { metadata };
    expect(finalizersOf(applyPatch(object, addFinalizers(object, ['a', 'b'])))).toEqual(expected);
  });
});

describe('reading metadata', () => {
  test('finds nothing inherited and nothing that is no text', () => {
    const object = { metadata: { annotations: { a: 7, b: 'x' } } };
    expect([
      annotation(object, 'a'),
      annotation(object, 'b'),
      annotation(object, 'constructor'),
      annotation(undefined, 'b'),
      annotation({}, 'b'),
    ]).toEqual([undefined, 'x', undefined, undefined, undefined]);
  });

  test('names an object by its name, or by what its name will begin with', () => {
    expect([nameOf({ metadata: { name: 'a', generateName: 'b-' } }), nameOf({ metadata: { generateName: 'b-' } }), nameOf({})]).toEqual([
      'a',
      'b-',
      '',
    ]);
  });

  test('knows what is being deleted', () => {
    expect([
      isBeingDeleted({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
      isBeingDeleted({ metadata: {} }),
      isBeingDeleted({ metadata: { deletionTimestamp: null } }),
    ]).toEqual([true, false, false]);
  });
});
