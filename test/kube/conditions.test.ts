import { describe, expect, test } from 'vitest';
import { findCondition, isConditionTrue, removeCondition, setCondition } from '../../src/kube/conditions.ts';
import type { ConditionLike } from '../../src/kube/conditions.ts';

const THEN = '2026-01-01T00:00:00Z';
const NOW = '2026-01-02T00:00:00Z';
const ready: ConditionLike = { type: 'Ready', status: 'False', lastTransitionTime: THEN, reason: 'Waiting', message: 'for something' };
const exact: ConditionLike = { type: 'Exact', status: 'True', lastTransitionTime: THEN, reason: 'Restored', message: '' };

describe('setCondition', () => {
  test('adds one that was not there, with the time of now', () => {
    const { lastTransitionTime: _time, ...fresh } = exact;
    expect(setCondition([ready], fresh, NOW)).toEqual([ready, { ...exact, lastTransitionTime: NOW }]);
  });

  test('moves the time when the status changes', () => {
    const [set] = setCondition([ready, exact], { type: 'Ready', status: 'True', reason: 'Done', message: '' }, NOW);
    expect(set).toEqual({ type: 'Ready', status: 'True', reason: 'Done', message: '', lastTransitionTime: NOW });
  });

  test('keeps the time when only its words change', () => {
    const [set] = setCondition([ready], { type: 'Ready', status: 'False', reason: 'Waiting', message: 'for something else' }, NOW);
    expect(set).toMatchObject({ lastTransitionTime: THEN, message: 'for something else' });
  });

  test('keeps its place, the others, and the list it was given', () => {
    const before = Object.freeze([exact, ready]);
    const after = setCondition(before, { type: 'Exact', status: 'False', reason: 'Changed', message: '' }, NOW);
    expect(after.map(({ type }) => type)).toEqual(['Exact', 'Ready']);
    expect(after[1]).toBe(ready);
    expect(before).toEqual([exact, ready]);
  });

  test('drops what the new condition does not say', () => {
    const [set] = setCondition<ConditionLike>(
      [{ ...ready, observedGeneration: 1 }],
      { type: 'Ready', status: 'False', reason: 'Waiting', message: '' },
      NOW,
    );
    expect(set).not.toHaveProperty('observedGeneration');
  });
});

describe('reading conditions', () => {
  test('a condition is found by its type', () => {
    expect(findCondition([ready, exact], 'Exact')).toBe(exact);
    expect(findCondition([ready], 'Exact')).toBeUndefined();
  });

  test('only the status True is true', () => {
    expect(isConditionTrue([exact], 'Exact')).toBe(true);
    expect(isConditionTrue([ready], 'Ready')).toBe(false);
    expect(isConditionTrue([{ ...ready, status: 'Unknown' }], 'Ready')).toBe(false);
    expect(isConditionTrue([], 'Ready')).toBe(false);
  });

  test('a condition is removed by its type', () => {
    expect(removeCondition([ready, exact], 'Ready')).toEqual([exact]);
    expect(removeCondition([exact], 'Ready')).toEqual([exact]);
  });
});
