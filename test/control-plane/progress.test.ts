import { expect, test } from 'vitest';
import { progressOn } from './progress.ts';

function shown(isTTY: boolean, columns = 80) {
  let clock = 0;
  const written: string[] = [];
  const progress = progressOn({ isTTY, columns, write: (text) => written.push(text) }, () => clock);
  return { progress, written, at: (seconds: number) => (clock = seconds * 1000) };
}

test('without a terminal there is a line at once and then one every ten seconds', () => {
  const { progress, written, at } = shown(false);
  for (const second of [0, 1, 9, 10, 19, 25]) {
    at(second);
    progress.update(`step ${second}`);
  }
  progress.end();
  expect(written).toEqual(['control plane: 0 s, step 0\n', 'control plane: 10 s, step 10\n', 'control plane: 25 s, step 25\n']);
});

test('on a terminal one line is rewritten, cut to the width, and removed at the end', () => {
  const { progress, written, at } = shown(true, 30);
  progress.update('short');
  at(3);
  progress.update('something much longer than the terminal is wide');
  progress.end();
  expect(written[0]).toBe('\r\u001b[Kcontrol plane: 0 s, short');
  expect(written[1]).toBe(`\r\u001b[K${'control plane: 3 s, something much longer'.slice(0, 29)}`);
  expect(written[2]).toBe('\r\u001b[K');
});

test('nothing is removed where nothing was shown, and the time begins anew', () => {
  const { progress, written, at } = shown(true);
  progress.end();
  expect(written).toEqual([]);
  progress.update('first');
  progress.end();
  at(7);
  progress.update('second');
  expect(written.at(-1)).toContain('0 s, second');
});
