import { describe, expect, test } from 'vitest';
import { targets } from '../../../bench/report/targets.ts';
import type { Target } from '../../../bench/report/targets.ts';
import type { Measurements } from '../../../bench/measurements.ts';
import { measurements, patchCell, sample } from '../measurements.ts';

function targetOf(found: Measurements, words: string): Target {
  const target = targets(found).find(({ what }) => what.includes(words));
  if (target === undefined) throw new Error(`there is no target about ${words}`);
  return target;
}

describe('targets', () => {
  test('judges nothing that was not measured', () => {
    expect(targets(measurements()).every(({ reached }) => reached === undefined)).toBe(true);
  });

  test('a speed is judged by the medians of the same run', () => {
    const found = measurements(patchCell('original', 50, [2300, 2400, 9000]), patchCell('janus', 50, [190, 200, 210]));
    expect(targetOf(found, 'original, at 50')).toMatchObject({ found: '12×', reached: true });
    const slower = measurements(patchCell('original', 50, [2300]), patchCell('janus', 50, [200]));
    expect(targetOf(slower, 'original, at 50').reached).toBe(false);
  });

  test('without the original its time from elsewhere is used, and that is said', () => {
    const target = targetOf(measurements(patchCell('janus', 200, [1000])), 'original, at 200');
    expect(target.reached).toBe(true);
    expect(target.found).toContain('measured elsewhere');
  });

  test('a run that failed is never taken for a fast one', () => {
    const found = measurements(patchCell('original', 10, [700]), patchCell('janus', 10, [5], { outcome: 'Failed' }));
    expect(targetOf(found, 'original, at 10').reached).toBeUndefined();
  });

  test('writes an item are judged without Events', () => {
    const most = measurements(patchCell('janus', 10, [60], { objectRevisions: 40, revisions: 90 }));
    expect(targetOf(most, 'of 10').reached).toBe(true);
    const more = measurements(patchCell('janus', 10, [60], { objectRevisions: 41 }));
    expect(targetOf(more, 'of 10').reached).toBe(false);
  });

  test('growth is linear or it is not', () => {
    const linear = measurements(patchCell('janus', 50, [250]), patchCell('janus', 200, [1000]));
    expect(targetOf(linear, 'growth')).toMatchObject({ found: '1.00', reached: true });
    const quadratic = measurements(patchCell('janus', 50, [250]), patchCell('janus', 200, [4000]));
    expect(targetOf(quadratic, 'growth')).toMatchObject({ found: '2.00', reached: false });
  });

  test('the headline compares with kubectl of the same run', () => {
    const outcome = { outcome: 'applied' };
    const faster = measurements(patchCell('janus', 200, [860]), patchCell('kubectl', 200, [860], outcome));
    expect(targetOf(faster, 'plain kubectl').reached).toBe(true);
    const slower = measurements(patchCell('janus', 200, [861]), patchCell('kubectl', 200, [860], outcome));
    expect(targetOf(slower, 'plain kubectl').reached).toBe(false);
  });

  test('one webhook call for an unlocked object is one too many', () => {
    const cost = { what: 'unlocked', writes: 200, p50: 2, p95: 3, webhookCalls: 0, statuses: { 200: 200 } };
    const locked = { ...cost, what: 'locked, a field that is held', webhookCalls: 200 };
    expect(targetOf({ ...measurements(), webhookCost: [cost, locked] }, 'unlocked').reached).toBe(true);
    expect(targetOf({ ...measurements(), webhookCost: [{ ...cost, webhookCalls: 1 }, locked] }, 'unlocked').reached).toBe(false);
  });

  test('large objects must commit in every run', () => {
    const cell = { contender: 'janus', workload: 'large-objects', title: 'large', items: 3 } as const;
    const mixed = [sample(3, 10), sample(3, 10, { outcome: 'Failed' })];
    expect(targetOf(measurements({ ...cell, samples: [sample(3, 10)] }), '400 KB').reached).toBe(true);
    expect(targetOf(measurements({ ...cell, samples: mixed }), '400 KB').reached).toBe(false);
  });

  test('memory is judged by its peak', () => {
    const memory = { items: 1000, memory: { resident: 100, peak: 150 } };
    expect(targetOf({ ...measurements(), memory }, 'memory').reached).toBe(false);
    expect(targetOf({ ...measurements(), memory: { ...memory, memory: { resident: 100, peak: 149 } } }, 'memory').reached).toBe(true);
  });
});
