import { createHash } from 'node:crypto';

/** Choices that depend on nothing but a seed. */
export interface Dice {
  /** 0 to below 1. */
  next(): number;
  /** 0 to `below` - 1. */
  below(below: number): number;
  oneOf<T>(items: readonly T[]): T;
  /** True with this probability. */
  chance(probability: number): boolean;
}

/** Dice for one purpose: what other purposes have thrown does not matter. */
export function diceFor(seed: string, ...purpose: readonly (string | number)[]): Dice {
  let state = createHash('sha256')
    .update(JSON.stringify([seed, ...purpose]))
    .digest()
    .readUInt32LE(0);
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    oneOf: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('there is nothing to choose from');
      return item;
    },
    chance: (probability) => next() < probability,
  };
}
