import { spreadOf } from '../measure/statistics.ts';

/** Milliseconds as seconds with as many digits as mean something: `0.062`, `4.41`, `43.5`. */
export function seconds(milliseconds: number): string {
  const value = milliseconds / 1000;
  if (value < 0.1) return value.toFixed(3);
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}

/** `0.12 (0.11–0.14)` of several times in milliseconds; one alone without a range. Throws on an empty list. */
export function times(milliseconds: readonly number[]): string {
  const { median, min, max, runs } = spreadOf(milliseconds);
  return runs === 1 ? `${seconds(median)} (1 run)` : `${seconds(median)} (${seconds(min)}–${seconds(max)})`;
}

/** One digit after the point. */
export function tenths(value: number): string {
  return value.toFixed(1);
}

/** `12×`; under ten with a digit after the point. */
export function factor(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}×`;
}
