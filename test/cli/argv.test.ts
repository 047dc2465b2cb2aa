import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizeArgv } from '../../src/cli/argv.ts';
import { createProgram, switchesOf } from '../../src/cli/program.ts';

describe('normalizeArgv', () => {
  test('splits a short flag from its value', () => {
    expect(normalizeArgv(['-n=shop', 'create', '-f=a=b'], [])).toEqual(['-n', 'shop', 'create', '-f', 'a=b']);
  });

  test('takes true and false for a flag without a value', () => {
    expect(normalizeArgv(['--force=true', '--dev=0', '--force=F'], ['--force', '--dev'])).toEqual(['--force']);
  });

  test('leaves what is neither true nor false for the parser to refuse', () => {
    expect(normalizeArgv(['--force=perhaps'], ['--force'])).toEqual(['--force=perhaps']);
  });

  test('touches nothing after --', () => {
    expect(normalizeArgv(['seal', '--', '-n=shop'], [])).toEqual(['seal', '--', '-n=shop']);
  });

  test('leaves arguments alone that are no flags', () => {
    fc.assert(
      fc.property(fc.array(fc.string().filter((word) => !word.startsWith('-'))), (words) => {
        expect(normalizeArgv(words, ['--force'])).toEqual(words);
      }),
    );
  });

  test('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^-{0,2}[a-z]{0,3}=?[a-z]{0,3}$/)), (words) => {
        const once = normalizeArgv(words, ['--a', '--b']);
        expect(normalizeArgv(once, ['--a', '--b'])).toEqual(once);
      }),
    );
  });
});

test('The switches of all commands are known', () => {
  expect(switchesOf(createProgram())).toEqual(expect.arrayContaining(['--force', '--dev', '--version']));
});
