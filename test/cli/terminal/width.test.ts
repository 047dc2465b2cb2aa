import { describe, expect, test } from 'vitest';
import { cut, widthOf, wrap } from '../../../src/cli/terminal/width.ts';

describe('the width of a text', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['\u001b[31mred\u001b[39m', 3],
    ['né', 2],
    ['ne\u0301', 2],
    ['数据', 4],
    ['ok ✅', 5],
    ['👩‍🚀', 2],
  ])('of %j is %i', (text, width) => expect(widthOf(text)).toBe(width));
});

describe('cutting', () => {
  test.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['ab cdef', 4, 'ab…'],
    ['数据库', 5, '数据…'],
    ['数据库', 4, '数…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('%j to %i columns gives %j', (text, width, expected) => expect(cut(text, width)).toBe(expected));
});

describe('wrapping', () => {
  test('breaks between words', () => expect(wrap('one two three', 7)).toEqual(['one two', 'three']));
  test('breaks a word that is longer than a line', () => expect(wrap('a 123456789', 4)).toEqual(['a', '1234', '5678', '9']));
  test('loses nothing, however narrow', () => expect(wrap('数据', 1).join('')).toBe('数据'));
});
