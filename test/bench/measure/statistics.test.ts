import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { growthExponent, median, quantile, spreadOf } from '../../../bench/measure/statistics.ts';

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const values = fc.array(finite, { minLength: 1, maxLength: 40 });

describe('median', () => {
  test('of an odd number of values is the one in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test('of an even number is the mean of the two in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test('of one value is that value', () => {
    expect(median([7])).toBe(7);
  });

  test('of no value is an error, not a number', () => {
    expect(() => median([])).toThrow(RangeError);
  });

  test('leaves its input as it was', () => {
    const input = [3, 1, 2];
    median(input);
    expect(input).toEqual([3, 1, 2]);
  });

  test('has as many values below it as above it', () => {
    fc.assert(
      fc.property(values, (list) => {
        const middle = median(list);
        const below = list.filter((value) => value < middle).length;
        const above = list.filter((value) => value > middle).length;
        expect(below).toBeLessThanOrEqual(list.length / 2);
        expect(above).toBeLessThanOrEqual(list.length / 2);
      }),
    );
  });
});

describe('quantile', () => {
  test('lies between neighbours in proportion', () => {
    expect(quantile([0, 10], 0.25)).toBe(2.5);
  });

  test('at the ends is the smallest and the largest', () => {
    fc.assert(
      fc.property(values, (list) => {
        expect(quantile(list, 0)).toBe(Math.min(...list));
        expect(quantile(list, 1)).toBe(Math.max(...list));
      }),
    );
  });

  test('never leaves the range of its values', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, q) => {
        expect(quantile(list, q)).toBeGreaterThanOrEqual(Math.min(...list));
        expect(quantile(list, q)).toBeLessThanOrEqual(Math.max(...list));
      }),
    );
  });

  test.each([-0.1, 1.1, Number.NaN])('refuses the fraction %s', (q) => {
    expect(() => quantile([1], q)).toThrow(RangeError);
  });
});

describe('spreadOf', () => {
  test('tells the median, the ends and how many runs there were', () => {
    expect(spreadOf([3, 1, 8])).toEqual({ median: 3, min: 1, max: 8, runs: 3 });
  });
});

describe('growthExponent', () => {
  test('finds the exponent of a power law again', () => {
    const positive = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(positive, fc.double({ min: -3, max: 3, noNaN: true }), (c, k) => {
        const at = (x: number) => ({ x, y: c * x ** k });
        expect(growthExponent(at(50), at(200))).toBeCloseTo(k, 6);
      }),
    );
  });

  test('is below 1 where a fixed part weighs more than the growing one', () => {
    expect(growthExponent({ x: 10, y: 60 }, { x: 20, y: 70 })).toBeLessThan(1);
  });
});
