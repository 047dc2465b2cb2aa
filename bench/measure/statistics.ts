/** Several measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** The middle value; of an even number the mean of the two in the middle. Throws on an empty list. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the fraction `q` (0 to 1) lies, linear between neighbours. Throws on an empty list. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new RangeError('no value to take a quantile of');
  if (!(q >= 0 && q <= 1)) throw new RangeError(`a quantile lies between 0 and 1, not at ${q}`);
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? 0;
  if (below === above) return below;
  const share = place - Math.floor(place);
  // Rounding may step over the neighbours by a last digit.
  return Math.min(above, below + (above - below) * share);
}

/** Median, smallest and largest. Throws on an empty list. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), runs: values.length };
}

/**
 * The exponent k of `y = c·x^k` between two points: 1 is linear growth, 2 quadratic, less than 1 means that a fixed
 * part still dominates.
 */
export function growthExponent(from: { readonly x: number; readonly y: number }, to: { readonly x: number; readonly y: number }): number {
  return Math.log(to.y / from.y) / Math.log(to.x / from.x);
}
