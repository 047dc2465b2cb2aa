import type { Reference, Trial } from './run.ts';
import type { KillPoint } from './victim.ts';

/** Every point at which a scenario's executor can die: before, after, and in the midst of each call. */
export function pointsOf({ scenario, writes, calls }: Reference, counting: KillPoint['counting']): readonly Trial[] {
  const count = counting === 'writes' ? writes : calls;
  const ways: readonly KillPoint['how'][] = counting === 'writes' ? ['before', 'after', 'late'] : ['before'];
  return Array.from({ length: count }, (_, at) => at + 1).flatMap((at) =>
    ways.map((how) => ({ scenario, point: { at, counting, how, ...(how === 'late' ? { lands: (at * 7) % 12 } : {}) } })),
  );
}

/** Every `step`th of some trials, from the `from`th on. */
export function everyNth(trials: readonly Trial[], step: number, from: number): readonly Trial[] {
  return trials.filter((_, at) => at % step === from % step);
}
