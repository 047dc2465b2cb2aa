import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inParallel, valuesOf } from '../../src/kube/limit.ts';

/** A turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('inParallel', () => {
  test('gives one outcome an item, in the order of the items, whatever order they end in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 8 }),
        async (turns, concurrency) => {
          const outcomes = await inParallel(turns, concurrency, async (count, index) => {
            for (let i = 0; i < count; i += 1) await turn();
            return index;
          });
          expect(outcomes).toEqual(turns.map((item, value) => ({ item, status: 'fulfilled', value })));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('never runs more at once than asked, and does run as many', async () => {
    let running = 0;
    let most = 0;
    await inParallel([...Array(50).keys()], 7, async () => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
    });
    expect(most).toBe(7);
  });

  test('starts in order', async () => {
    const started: number[] = [];
    await inParallel([3, 1, 2], 2, async (item) => {
      started.push(item);
      await turn();
    });
    expect(started).toEqual([3, 1, 2]);
  });

  test('goes on after an item failed, and tells which one did', async () => {
    const outcomes = await inParallel(['a', 'b', 'c'], 1, (item) =>
      item === 'b' ? Promise.reject(new Error('b is broken')) : Promise.resolve(item),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ item: 'b', reason: new Error('b is broken') });
  });

  test('takes a function that throws at once for one that failed', async () => {
    const outcomes = await inParallel([1], 1, () => {
      throw new TypeError('at once');
    });
    expect(outcomes[0]).toMatchObject({ status: 'rejected', reason: new TypeError('at once') });
  });

  test('is done at once when there is nothing to do', async () => {
    expect(await inParallel([], 4, () => Promise.reject(new Error('never called')))).toEqual([]);
  });

  test.each([0, -1, Number.NaN])('refuses a concurrency of %d, with which nothing would ever run', async (concurrency) => {
    await expect(inParallel([1], concurrency, () => Promise.resolve())).rejects.toThrow(RangeError);
  });
});

describe('valuesOf', () => {
  test('gives the values in order', () => {
    expect(
      valuesOf([
        { item: 1, status: 'fulfilled', value: 'a' },
        { item: 2, status: 'fulfilled', value: 'b' },
      ]),
    ).toEqual(['a', 'b']);
  });

  test('throws the error of the first item that failed', () => {
    const outcomes = [1, 2].map((item) => ({ item, status: 'rejected' as const, reason: new Error(`item ${item}`) }));
    expect(() => valuesOf(outcomes)).toThrow('item 1');
  });
});
