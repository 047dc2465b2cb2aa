import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { isTerminal, rowsOf, wantsColour, widthOfStream } from '../../../src/cli/terminal/stream.ts';

const stream = (more: object) => Object.assign(new PassThrough(), more);

describe('an output', () => {
  test.each([
    ['is coloured on a terminal', true, {}, true],
    ['is plain without one', false, {}, false],
    ['is plain on a terminal that knows no colours', true, { TERM: 'dumb' }, false],
    ['is plain where NO_COLOR says so', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['is coloured without a terminal where FORCE_COLOR says so', false, { FORCE_COLOR: '1' }, true],
    ['takes empty variables for none', true, { NO_COLOR: '' }, true],
  ])('%s', (_words, isTTY, env, expected) => expect(wantsColour({ isTTY }, env)).toBe(expected));

  test('has the width of its terminal', () => expect(widthOfStream(stream({ isTTY: true, columns: 47 }), {})).toBe(47));
  test('has no limit without a terminal, whatever COLUMNS says', () => expect(widthOfStream(stream({}), { COLUMNS: '20' })).toBe(Infinity));
  test('takes COLUMNS, or else 80, for a terminal that does not say its width', () => {
    const silent = stream({ isTTY: true, columns: 0 });
    expect([widthOfStream(silent, { COLUMNS: '33' }), widthOfStream(silent, { COLUMNS: 'x' })]).toEqual([33, 80]);
  });
  test('has 24 rows where it does not say how many', () => expect(rowsOf(stream({ isTTY: true, rows: 0 }))).toBe(24));
  test('is not rewritten on a dumb terminal', () => {
    expect([isTerminal(stream({ isTTY: true }), { TERM: 'dumb' }), isTerminal(stream({ isTTY: true }), {})]).toEqual([false, true]);
  });
});
