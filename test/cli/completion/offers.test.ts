import { describe, expect, test } from 'vitest';
import { offersFor, type OfferTables } from '../../../src/cli/completion/offers.ts';
import { createProgram } from '../../../src/cli/program.ts';

const TABLES: OfferTables = {
  flags: { '--output': ['table', 'json'] },
  arguments: { SHELL: ['bash', 'zsh'] },
  states: { rollback: ['Committed'], 'recover plan': ['Failed'] },
};

const offers = (...words: readonly string[]) => offersFor(createProgram('janus'), words, TABLES);
const known = (...words: readonly string[]): readonly string[] => offers(...words).known.map(({ word }) => word);

describe('what may come next', () => {
  test('is a command at first, with what it does', () => {
    expect(known('')).toEqual(expect.arrayContaining(['create', 'rollback', 'explain']));
    expect(known('')).not.toContain('__complete');
    expect(offers('').known.find(({ word }) => word === 'seal')?.meaning).toContain('seal a Transaction');
  });

  test('is a command of a command', () => expect(known('recover', '')).toEqual(['plan', 'apply']));

  test('is a flag of the command or a global one, where a flag is begun', () => {
    expect(known('wait', 'x', '--')).toEqual(expect.arrayContaining(['--for', '--timeout', '--namespace', '--help']));
    expect(known('wait', 'x', '--')).not.toContain('--sa');
  });

  test('is a value after a flag that takes one, in either way of writing', () => {
    expect(known('list', '-o', '')).toEqual(['table', 'json']);
    expect(offers('list', '--output=j')).toMatchObject({ typed: 'j', before: '--output=', known: [{ word: 'table' }, { word: 'json' }] });
    expect(offers('list', '-n', 'sh').wanted).toEqual({ names: 'namespaces' });
    expect(offers('--context', '').wanted).toEqual({ names: 'contexts' });
  });

  test('is a Transaction of which the command makes sense', () => {
    expect(offers('rollback', 'mo')).toMatchObject({ typed: 'mo', wanted: { names: 'transactions', states: ['Committed'] } });
    expect(offers('-n', 'shop', 'rollback', '').wanted).toEqual({ names: 'transactions', states: ['Committed'] });
    expect(offers('recover', 'plan', '').wanted?.states).toEqual(['Failed']);
    expect(offers('status', '').wanted).toEqual({ names: 'transactions' });
    expect(offers('unlock', '').wanted).toEqual({ names: 'transactions' });
  });

  test('is one more where a command takes several, and nothing where it takes no more', () => {
    expect(offers('get', 'a', 'b', '').wanted).toEqual({ names: 'transactions' });
    expect(offers('rollback', 'a', '')).toMatchObject({ known: [] });
    expect(offers('rollback', 'a', '').wanted).toBeUndefined();
  });

  test('is what an argument is known to be', () => expect(known('completion', '')).toEqual(['bash', 'zsh']));

  test('is no flag after --', () => expect(known('get', '--', '--')).toEqual([]));

  test('is nothing senseless where nothing was typed yet', () => expect(offers().typed).toBe(''));
});
