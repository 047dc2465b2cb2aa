/** Nanoseconds a unit. Both micro signs are accepted: U+00B5 and U+03BC. */
const NANOSECONDS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00b5s', 1_000n],
  ['\u03bcs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

/** Largest magnitude: that of the smallest 64-bit integer. */
const LIMIT = 1n << 63n;

/** A well-formed duration as a regular expression that RE2 and JavaScript read alike. Says nothing about size. */
export const DURATION_PATTERN = '^[-+]?(0|(([0-9]+([.][0-9]*)?|[.][0-9]+)(h|m|s|ms|us|\u00b5s|\u03bcs|ns))+)$';

/** The text is not a duration. The message quotes it, names the fault and gives examples. */
export class InvalidDurationError extends Error {
  override readonly name = 'InvalidDurationError';

  constructor(text: string, fault: string) {
    super(`${JSON.stringify(shorten(text))} is not a duration: ${fault}; write for example 90s, 5m or 1h30m`);
  }
}

/**
 * Milliseconds of a Go duration string, accepted, refused and rounded as by Go's `time.ParseDuration`. May have a fraction
 * (`300us` is 0.3). Throws `InvalidDurationError`.
 */
export function parseDuration(text: string): number {
  const nanoseconds = parseNanoseconds(text);
  return Number(nanoseconds / 1_000_000n) + Number(nanoseconds % 1_000_000n) / 1e6;
}

/** As `parseDuration`, in nanoseconds. */
export function parseNanoseconds(text: string): bigint {
  const negative = text.startsWith('-');
  let rest = /^[-+]/.test(text) ? text.slice(1) : text;
  if (rest === '0') return 0n;
  if (rest === '') throw new InvalidDurationError(text, 'it is empty');
  let total = 0n;
  while (rest !== '') {
    const term = readTerm(text, rest);
    total += term.nanoseconds;
    if (total > LIMIT) throw new InvalidDurationError(text, 'it is longer than 2562047h47m16.854775807s');
    rest = term.rest;
  }
  if (!negative && total === LIMIT) throw new InvalidDurationError(text, 'it is longer than 2562047h47m16.854775807s');
  return negative ? -total : total;
}

/**
 * The shortest usual form of a number of milliseconds, to the nanosecond: `1h30m`, `1.5s`, `300ms`, `0s`. `parseDuration` reads it
 * back. Throws `RangeError` for what no Go duration can hold.
 */
export function formatDuration(milliseconds: number): string {
  const nanoseconds = Number.isFinite(milliseconds) ? toNanoseconds(milliseconds) : LIMIT;
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (magnitude >= LIMIT) throw new RangeError(`${milliseconds} ms is outside what a duration can hold`);
  const sign = nanoseconds < 0n ? '-' : '';
  if (magnitude === 0n) return '0s';
  if (magnitude < 1_000n) return `${sign}${magnitude}ns`;
  if (magnitude < 1_000_000n) return `${sign}${decimal(magnitude, 3)}\u00b5s`;
  if (magnitude < 1_000_000_000n) return `${sign}${decimal(magnitude, 6)}ms`;
  const hours = magnitude / 3_600_000_000_000n;
  const minutes = (magnitude / 60_000_000_000n) % 60n;
  const seconds = magnitude % 60_000_000_000n;
  return sign + (hours > 0n ? `${hours}h` : '') + (minutes > 0n ? `${minutes}m` : '') + (seconds > 0n ? `${decimal(seconds, 9)}s` : '');
}

function readTerm(text: string, rest: string): { readonly nanoseconds: bigint; readonly rest: string } {
  const [number = '', whole = '', fraction = ''] = /^([0-9]*)(?:\.([0-9]*))?/.exec(rest) ?? [];
  if (whole === '' && fraction === '') throw new InvalidDurationError(text, `there is no number at ${JSON.stringify(shorten(rest))}`);
  const unit = /^[^.0-9]*/.exec(rest.slice(number.length))?.[0] ?? '';
  const scale = scaleOf(text, number, unit);
  const nanoseconds = wholeOf(text, whole) * scale + fractionOf(fraction, scale);
  return { nanoseconds, rest: rest.slice(number.length + unit.length) };
}

function scaleOf(text: string, number: string, unit: string): bigint {
  const scale = NANOSECONDS.get(unit);
  if (scale !== undefined) return scale;
  const fault = unit === '' ? `there is no unit after ${shorten(number)}` : `there is no unit ${JSON.stringify(shorten(unit))}`;
  throw new InvalidDurationError(text, `${fault} (units: h, m, s, ms, us, ns)`);
}

// Go keeps as many digits of a fraction as fit a signed 64-bit integer, drops the rest, and scales in floating point.
function fractionOf(digits: string, scale: bigint): bigint {
  let value = 0n;
  let divisor = 1;
  for (const digit of digits) {
    if (value > (LIMIT - 1n) / 10n) break;
    const next = value * 10n + BigInt(digit);
    if (next > LIMIT) break;
    value = next;
    divisor *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(scale) / divisor)));
}

// A long run of digits takes quadratic time to convert: refuse it, unless it is zeros that make it long.
function wholeOf(text: string, digits: string): bigint {
  const significant = digits.replace(/^0+/, '');
  if (significant.length > 19) throw new InvalidDurationError(text, 'it is longer than 2562047h47m16.854775807s');
  return BigInt(significant);
}

function toNanoseconds(milliseconds: number): bigint {
  const whole = Math.trunc(milliseconds);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6));
}

function decimal(value: bigint, places: number): string {
  const divisor = 10n ** BigInt(places);
  const fraction = (value % divisor).toString().padStart(places, '0').replace(/0+$/, '');
  return fraction === '' ? `${value / divisor}` : `${value / divisor}.${fraction}`;
}

function shorten(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 61)}...`;
}
