import { describe, expect, test } from 'vitest';
import { plannedKill, plannedTransaction, plannedTry } from './plan.ts';

const NUMBERS = Array.from({ length: 200 }, (_, n) => n);
const planOf = (seed: string): unknown =>
  NUMBERS.map((n) => [plannedTransaction(seed, n % 20, n), plannedTry(seed, n % 20, n), plannedKill(seed, n)]);

describe('the plan of a run', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(planOf('a')).toEqual(planOf('a'));
    expect(planOf('a')).not.toEqual(planOf('b'));
  });

  test('has every kind of change, of trick and of end in it', () => {
    const transactions = NUMBERS.map((n) => plannedTransaction('a', 0, n));
    expect(new Set(transactions.flatMap(({ changes }) => changes.map(({ type }) => type))).size).toBe(4);
    expect(new Set(transactions.map(({ spec }) => `${spec.foreignWrites ?? ''} ${spec.onConflict ?? ''}`)).size).toBe(4);
    expect(transactions.some(({ rollBackAfterMs }) => rollBackAfterMs !== undefined)).toBe(true);
    expect(transactions.some(({ deleteAfterMs }) => deleteAfterMs !== undefined)).toBe(true);
    expect(new Set(NUMBERS.map((n) => plannedTry('a', 0, n).trick)).size).toBe(14);
    expect(new Set(NUMBERS.map((n) => plannedKill('a', n).how)).size).toBe(2);
  });

  test('gives every write of a stranger a value of its own', () => {
    const nonces = NUMBERS.flatMap((n) => [plannedTry('a', 1, n).nonce, plannedTry('a', 11, n).nonce]);
    expect(new Set(nonces).size).toBe(nonces.length);
  });
});
