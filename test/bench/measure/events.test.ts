import { describe, expect, test } from 'vitest';
import { countEvents } from '../../../bench/measure/events.ts';

describe('countEvents', () => {
  test('an Event without a count stands for one occurrence', () => {
    expect(countEvents([{}])).toEqual({ objects: 1, occurrences: 1 });
  });

  test('adds up the counts of either form', () => {
    expect(countEvents([{ count: 7 }, { series: { count: 5 } }, {}])).toEqual({ objects: 3, occurrences: 13 });
  });

  test('believes the series where an Event has both', () => {
    expect(countEvents([{ count: 1, series: { count: 9 } }]).occurrences).toBe(9);
  });
});
