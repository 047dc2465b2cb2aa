import { InvalidDurationError, parseDuration } from '../api/duration.ts';
import { suggestion } from '../api/nearest.ts';
import { UsageFault } from './fault.ts';

/**
 * Milliseconds of the value of a flag.
 *
 * @throws UsageFault unless it is a duration longer than zero.
 */
export function requireDuration(flag: string, text: string): number {
  try {
    const milliseconds = parseDuration(text);
    if (milliseconds > 0) return milliseconds;
  } catch (error) {
    if (error instanceof InvalidDurationError) throw new UsageFault(`${flag}: ${error.message}.`, { cause: error });
    throw error;
  }
  throw new UsageFault(`${flag} is ${text}, and must be longer than zero: write for example 90s, 5m or 1h30m.`);
}

/** @throws UsageFault unless the value is one of `allowed`, exactly. */
export function requireOneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw new UsageFault(`${flag} must be ${listed(allowed)}, and "${value}" is none of them.${suggestion(value, allowed)}`);
}

/** @throws UsageFault unless the value is a whole number within `[from, to]`. */
export function requireInteger(flag: string, value: string, from: number, to: number): number {
  const number = Number(value);
  if (/^[-+]?\d+$/.test(value) && number >= from && number <= to) return number;
  throw new UsageFault(`${flag} must be a whole number from ${from} to ${to}, and "${value}" is not.`);
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
