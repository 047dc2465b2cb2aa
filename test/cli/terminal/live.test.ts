import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { liveOn } from '../../../src/cli/terminal/live.ts';
import { screenOf } from './screen.ts';

/** A stream that says it is a terminal, and what was written to it. */
function terminal(columns = 40, rows = 10, isTTY = true) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns, rows });
  let written = '';
  stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  return { stream, written: () => written };
}

describe('live lines', () => {
  test('take the place of those shown before', () => {
    const { stream, written } = terminal();
    const live = liveOn(stream);
    live.show(() => ['one', 'two', 'three']);
    live.show(() => ['one', 'done']);
    live.close();
    expect(screenOf(written())).toEqual(['one', 'done']);
  });

  test('stay below what is told for good', () => {
    const { stream, written } = terminal();
    const live = liveOn(stream);
    live.show(() => ['working']);
    live.tell('a line');
    live.tell('another');
    live.show(() => ['ready']);
    live.close();
    expect(screenOf(written())).toEqual(['a line', 'another', 'ready']);
  });

  test('are no more than the window has room for, and say how many are left out', () => {
    const { stream, written } = terminal(40, 5);
    const live = liveOn(stream);
    for (const turn of ['a', 'b']) live.show(() => Array.from({ length: 9 }, (_, at) => `${turn}${at}`));
    live.close();
    expect(screenOf(written())).toEqual(['b0', 'b1', 'b2', '… 6 more; make the window higher to see them']);
  });

  test('are drawn anew for the new width where the window is resized', () => {
    const { stream, written } = terminal(40);
    const live = liveOn(stream);
    live.show((width) => ['x'.repeat(width)]);
    stream.columns = 20;
    stream.emit('resize');
    live.close();
    const last = written().slice(written().lastIndexOf('\u001b[J'));
    expect(screenOf(last)).toEqual(['x'.repeat(20)]);
    // The forty columns have become two rows of twenty.
    expect(written()).toContain('\u001b[2A');
  });

  test('give the cursor back', () => {
    const { stream, written } = terminal();
    const live = liveOn(stream);
    live.show(() => ['x']);
    live.close();
    expect(written().lastIndexOf('\u001b[?25h')).toBeGreaterThan(written().lastIndexOf('\u001b[?25l'));
    expect(stream.listenerCount('resize')).toBe(0);
  });

  test('are not written without a terminal: there it is a line an event', () => {
    const { stream, written } = terminal(40, 10, false);
    const live = liveOn(stream);
    live.show(() => ['working']);
    live.tell('locked');
    live.close();
    expect([live.onTerminal, written()]).toEqual([false, 'locked\n']);
  });
});
