import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inParallel } from '../../../bench/site/pool.ts';

describe('inParallel', () => {
  test('does every item once, and never more at once than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 30 }), fc.integer({ min: 1, max: 8 }), async (items, limit) => {
        const done: number[] = [];
        let running = 0;
        let most = 0;
        await inParallel(items, limit, async (item) => {
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          running--;
          done.push(item);
        });
        expect(done.toSorted()).toEqual(items.toSorted());
        expect(most).toBe(Math.min(limit, items.length));
      }),
      { numRuns: 30 },
    );
  });

  test('ends with the error of an item', async () => {
    await expect(inParallel([1, 2], 2, (item) => (item === 2 ? Promise.reject(new Error('two')) : Promise.resolve()))).rejects.toThrow(
      'two',
    );
  });
});
