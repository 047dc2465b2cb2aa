import { describe, expect, test } from 'vitest';
import { requireName, requireNamespace, requirePrefix } from '../../src/cli/names.ts';
import { requireDuration, requireInteger, requireOneOf } from '../../src/cli/values.ts';

describe('requireDuration', () => {
  test('returns milliseconds', () => {
    expect(requireDuration('--timeout', '1h30m')).toBe(5_400_000);
  });

  test('names the flag, what is wrong and how to write it', () => {
    expect(() => requireDuration('--timeout', '5x')).toThrow(/^--timeout: "5x" is not a duration: .*write for example 90s, 5m or 1h30m\.$/);
    expect(() => requireDuration('--timeout', '')).toThrow('--timeout: "" is not a duration');
  });

  test.each(['0s', '-5m', '0'])('refuses %s, which is no time at all', (text) => {
    expect(() => requireDuration('--timeout', text)).toThrow('must be longer than zero');
  });
});

describe('requireOneOf', () => {
  test('takes a word exactly', () => {
    expect(requireOneOf('--type', 'Patch', ['Patch', 'Delete'])).toBe('Patch');
  });

  test('offers the nearest word', () => {
    expect(() => requireOneOf('--type', 'patch', ['Create', 'Patch', 'Delete'])).toThrow(
      '--type must be Create, Patch or Delete, and "patch" is none of them. Did you mean Patch?',
    );
  });
});

describe('requireInteger', () => {
  test.each([
    ['0', 0],
    ['-5', -5],
    ['+7', 7],
    ['007', 7],
  ])('reads %s', (text, number) => {
    expect(requireInteger('--order', text, -10, 10)).toBe(number);
  });

  test.each(['', '1.5', '1e3', 'one', '11', '-11', '0x1', ' 1', '99999999999999999999'])('refuses %j', (text) => {
    expect(() => requireInteger('--order', text, -10, 10)).toThrow(`--order must be a whole number from -10 to 10, and "${text}" is not.`);
  });
});

describe('names', () => {
  test('of objects may have dots, of namespaces not', () => {
    expect(() => requireName('a.b', 'NAME')).not.toThrow();
    expect(() => requireNamespace('a.b', '-n')).toThrow('-n is "a.b", and must consist of lower-case letters, digits and -');
  });

  test.each(['A', 'a_b', '-a', 'a-', 'a/b', '..', 'a'.repeat(254), 'ä'])('refuse %j', (name) => {
    expect(() => requireName(name, 'NAME')).toThrow(`NAME is "${name}", and must `);
  });

  test('may not be empty', () => {
    expect(() => requireName('', 'NAME')).toThrow('NAME is empty: give a name.');
    expect(() => requirePrefix('', '-g')).toThrow('-g is empty');
  });

  test('may begin with a prefix that ends in a dash', () => {
    expect(() => requirePrefix('deploy-', '-g')).not.toThrow();
    expect(() => requirePrefix('Deploy-', '-g')).toThrow('-g is "Deploy-"');
  });
});
