import { describe, expect, test } from 'vitest';
import { Released } from '../../src/transaction/released.ts';

const FOREVER = 60_000;
const never = new AbortController().signal;

/** Whether a wait has ended by now. */
async function isOver(wait: Promise<void>): Promise<boolean> {
  return Promise.race([wait.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);
}

describe('who waits for an object', () => {
  test('hears when one of those it waits for lets go, and nothing of others', async () => {
    const released = new Released();
    const wait = released.next(['a', 'b'], FOREVER, never);
    released.announce('c');
    expect(await isOver(wait)).toBe(false);
    released.announce('b');
    expect(await isOver(wait)).toBe(true);
  });

  test('misses nothing that was told while it was still asking', async () => {
    const released = new Released();
    released.announce('a');
    const mark = released.mark();
    expect(await isOver(released.next(['a'], FOREVER, never, mark))).toBe(false);
    released.announce('a');
    expect(await isOver(released.next(['a'], FOREVER, never, mark))).toBe(true);
    expect(await isOver(released.next(['a'], FOREVER, never))).toBe(false);
  });

  test('does not wait longer than it wants to, nor after it was told to end', async () => {
    const released = new Released();
    await released.next(['a'], 1, never);
    const ending = new AbortController();
    const wait = released.next(['a'], FOREVER, ending.signal);
    ending.abort();
    expect(await isOver(wait)).toBe(true);
    expect(await isOver(released.next(['a'], FOREVER, ending.signal))).toBe(true);
  });

  test('stands in line: of those that want one object the first hears, the next when that one lets go, and others at once', async () => {
    const released = new Released();
    const inLine = (object: string, transaction: string): Promise<void> =>
      released.next(['a'], FOREVER, never, undefined, { object, transaction });
    const [first, second, third, other] = [inLine('x', 'b'), inLine('x', 'c'), inLine('x', 'd'), inLine('y', 'e')];
    const anybody = released.next(['a'], FOREVER, never);
    const heard = async (): Promise<readonly boolean[]> => Promise.all([first, second, third, other, anybody].map(isOver));
    released.announce('a');
    expect(await heard()).toEqual([true, false, false, true, true]);
    released.announce('a');
    expect(await heard()).toEqual([true, false, false, true, true]);
    released.announce('b');
    expect(await heard()).toEqual([true, true, false, true, true]);
    released.announce('c');
    expect(await heard()).toEqual([true, true, true, true, true]);
  });

  test('finds the last of many announcements', async () => {
    const released = new Released();
    const mark = released.mark();
    for (let at = 0; at < 5_000; at += 1) released.announce(`t${String(at)}`);
    expect(await isOver(released.next(['t4999'], FOREVER, never, mark))).toBe(true);
  });
});
