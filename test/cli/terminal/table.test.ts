import { describe, expect, test } from 'vitest';
import { table, type Column } from '../../../src/cli/terminal/table.ts';

interface Row {
  readonly name: string;
  readonly state: string;
  readonly words: string;
}

const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'NAME', cell: ({ name }) => name },
  { heading: 'STATE', cell: ({ state }) => state, paint: (text, { state }) => (state === 'Failed' ? red(text) : text) },
  { heading: 'WORDS', cell: ({ words }) => words, cuttable: true },
  { heading: 'MORE', cell: () => 'more', wide: true },
];

const ROWS: readonly Row[] = [
  { name: 'move-db', state: 'Failed', words: 'the settings of shop and billing were changed by somebody else meanwhile' },
  { name: 'a', state: '', words: 'short' },
];

describe('a table', () => {
  test('lines up, and shows what is empty as such', () => {
    expect(table(COLUMNS, ROWS, { width: 200 })).toBe(
      [
        'NAME      STATE    WORDS',
        `move-db   ${red('Failed')}   the settings of shop and billing were changed by somebody else meanwhile`,
        'a         -        short',
      ].join('\n'),
    );
  });

  test('shows more where that is asked for', () => {
    expect(table(COLUMNS, ROWS, { width: Infinity, wide: true }).split('\n')[2]).toMatch(/^a {9}- {8}short +more$/);
  });

  test('cuts on a narrow terminal what may be cut, and nothing else', () => {
    const lines = table(COLUMNS, ROWS, { width: 40 }).split('\n');
    expect(lines[1]).toBe(`move-db   ${red('Failed')}   the settings of shop…`);
    expect(lines[2]).toBe('a         -        short');
  });

  test('is a block of lines for each row where even that is too wide, and cuts nothing', () => {
    expect(table(COLUMNS, ROWS, { width: 20 })).toBe(
      [
        'NAME   move-db',
        `STATE  ${red('Failed')}`,
        'WORDS  the settings',
        '       of shop and',
        '       billing were',
        '       changed by',
        '       somebody else',
        '       meanwhile',
        '',
        'NAME   a',
        'STATE  -',
        'WORDS  short',
      ].join('\n'),
    );
  });

  test('keeps its columns where characters are two columns wide', () => {
    const lines = table(COLUMNS, [{ name: '数据库', state: 'x', words: '' }, ROWS[1]!], { width: 80 }).split('\n');
    expect(lines).toEqual(['NAME     STATE   WORDS', '数据库   x       -', 'a        -       short']);
  });

  test('spells out what a terminal would act on', () => {
    const hostile = { name: 'a\u001b[2Jb', state: 'x\ny\u009b1m', words: '\u202egnitset' };
    expect(table(COLUMNS, [hostile], { width: 200 }).split('\n')[1]).toBe('a\\e[2Jb   x\\ny\\u009b1m   \\u202egnitset');
  });
});
