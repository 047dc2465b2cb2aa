import { describe, expect, test } from 'vitest';
import { factor, seconds, times } from '../../../bench/report/figures.ts';

describe('seconds', () => {
  test.each([
    [62, '0.062'],
    [380, '0.38'],
    [4412, '4.41'],
    [43_512, '43.5'],
  ])('writes %i ms as %s', (milliseconds, words) => {
    expect(seconds(milliseconds)).toBe(words);
  });
});

describe('times', () => {
  test('shows the median and the range', () => {
    expect(times([900, 1200, 800])).toBe('0.90 (0.80–1.20)');
  });

  test('says that there was one run only, which has no range', () => {
    expect(times([43_500])).toBe('43.5 (1 run)');
  });
});

describe('factor', () => {
  test('shows a digit after the point only where it means something', () => {
    expect([factor(4.26), factor(48.3)]).toEqual(['4.3×', '48×']);
  });
});
