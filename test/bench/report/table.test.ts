import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { table } from '../../../bench/report/table.ts';

describe('table', () => {
  test('sets words left and numbers right', () => {
    const text = table([
      ['who', 'seconds'],
      ['original', '43.5'],
      ['Janus', '0.9'],
    ]);
    expect(text).toBe(['who       seconds', '--------  -------', 'original     43.5', 'Janus         0.9'].join('\n'));
  });

  test('takes a dash among numbers for a missing one', () => {
    expect(table([['n'], ['10'], ['–']]).split('\n')).toEqual([' n', '--', '10', ' –']);
  });

  test('fills up rows that are too short', () => {
    expect(table([['a', 'b'], ['x']]).split('\n')).toHaveLength(3);
  });

  test('of nothing is empty', () => {
    expect(table([])).toBe('');
  });

  test('keeps every cell and gives every row one line', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    const rows = fc.array(fc.array(word, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(rows, (cells) => {
        const lines = table(cells).split('\n');
        expect(lines).toHaveLength(cells.length + 1);
        expect(lines.toSpliced(1, 1).map((line) => line.split(/ +/))).toEqual(cells);
      }),
    );
  });
});
