import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest, suggestion } from '../../src/api/nearest.ts';

const FLAGS = ['--target', '--target-ns', '--type', '--order', '--name', '--file'];

describe('nearest', () => {
  test('finds a word with a letter missing, added, changed or swapped', () => {
    for (const wrong of ['--targt', '--targett', '--tarket', '--tagret']) expect(nearest(wrong, FLAGS)[0]).toBe('--target');
  });

  test('ignores case', () => {
    expect(nearest('configmap', ['ConfigMap', 'Secret'])).toEqual(['ConfigMap']);
  });

  test('finds words that begin with what was typed', () => {
    expect(nearest('Deploy', ['Deployment', 'DaemonSet'])).toEqual(['Deployment']);
  });

  test('finds nothing where nothing is near', () => {
    expect(nearest('quux', ['Deployment', 'Secret'])).toEqual([]);
  });

  test('returns at most as many as asked for, best first, each once', () => {
    expect(nearest('aaaa', ['aaab', 'aaaa', 'aaac', 'aaab', 'aaad'], 2)).toEqual(['aaaa', 'aaab']);
  });

  test('puts a known word first, whatever else is known', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), (words) => {
        const [word = ''] = words;
        expect(nearest(word, words)[0]).toBe(word);
      }),
    );
  });

  test('finds a word of at least three letters from which one is missing', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{4,12}$/), fc.nat(), (word, at) => {
        const index = at % word.length;
        expect(nearest(word.slice(0, index) + word.slice(index + 1), [word])).toEqual([word]);
      }),
    );
  });
});

describe('suggestion', () => {
  test('reads as a question about one word, or about several', () => {
    expect(suggestion('creat', ['Create', 'Delete'])).toBe(' Did you mean Create?');
    expect(suggestion('abcd', ['abce', 'abcf'])).toBe(' Did you mean abce or abcf?');
    expect(suggestion('abcd', ['abce', 'abcf', 'abcg'])).toBe(' Did you mean abce, abcf or abcg?');
  });

  test('is empty where nothing is near', () => {
    expect(suggestion('xyz', ['Create'])).toBe('');
  });
});
