import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readArguments } from '../../bench/arguments.ts';

// Commander prints its complaint before it throws; the tests look at what is thrown.
beforeEach(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true));
afterEach(() => void vi.restoreAllMocks());

describe('readArguments', () => {
  test('without any asks for everything, three times', () => {
    expect(readArguments([])).toMatchObject({ only: [], sizes: [1, 10, 50, 200], runs: 3, fsync: false, withHelm: false });
  });

  test('reads lists with commas', () => {
    expect(readArguments(['--only', 'janus,kubectl', '--sizes', '5,20'])).toMatchObject({ only: ['janus', 'kubectl'], sizes: [5, 20] });
  });

  test.each([
    ['an unknown contender', ['--only', 'flux']],
    ['a size that is no number', ['--sizes', '1,ten']],
    ['no run at all', ['--runs', '0']],
    ['half a run', ['--runs', '1.5']],
    ['an original without its CRDs', ['--original-binary', 'controller']],
    ['an option that there is not', ['--faster']],
  ])('refuses %s', (_what, parameters) => {
    expect(() => readArguments(parameters)).toThrow();
  });
});
