import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Restorations, restoringPace } from '../../src/admission/restoring-pace.ts';

describe('the pace of restoring', () => {
  test('is none at first: what happens now and then is undone at once', () => {
    for (let count = 0; count <= 10; count += 1) expect(restoringPace(count)).toEqual({ pauseMs: 0, calmMs: 0, flapping: false });
  });

  test('never leaves it away for longer than half a second, and never lets transactions wait longer than five', () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 100_000 }), (count) => {
        const { pauseMs, calmMs, flapping } = restoringPace(count);
        expect(flapping).toBe(true);
        expect(pauseMs).toBeGreaterThan(0);
        expect(pauseMs).toBeLessThanOrEqual(500);
        expect(calmMs).toBeLessThanOrEqual(5_000);
        expect(restoringPace(count + 1).pauseMs).toBeGreaterThanOrEqual(pauseMs);
      }),
    );
  });

  test('counts those of the last minute', () => {
    const restorations = new Restorations();
    for (const at of [0, 1, 30_000]) restorations.note(at);
    expect([30_000, 60_000, 60_001, 90_000].map((now) => restorations.count(now))).toEqual([3, 2, 1, 0]);
  });
});
