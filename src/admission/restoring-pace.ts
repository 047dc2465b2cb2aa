/** How restoring goes on where somebody does away with what was restored again and again. All times in milliseconds. */
export interface Pace {
  /** Before it is restored once more: it stays away no longer than this, and the API server is not flooded. */
  readonly pauseMs: number;
  /** For how long it must have stayed before transactions go on. */
  readonly calmMs: number;
  /** Somebody is fighting us: time to say so loudly. */
  readonly flapping: boolean;
}

/** How far back restorations count; milliseconds. */
const WINDOW_MS = 60_000;

const CALM_UP_TO = 10;
const PAUSE_MAX_MS = 500;
const CALM_MAX_MS = 5_000;

/** The pace after so many restorations within the last minute: the first few at once, then ever more slowly, never later than half a second. */
export function restoringPace(restorations: number): Pace {
  const excess = restorations - CALM_UP_TO;
  if (excess <= 0) return { pauseMs: 0, calmMs: 0, flapping: false };
  return { pauseMs: Math.min(PAUSE_MAX_MS, 10 * 2 ** excess), calmMs: Math.min(CALM_MAX_MS, 100 * 2 ** excess), flapping: true };
}

/** Restorations of the last minute. */
export class Restorations {
  readonly #at: number[] = [];

  /** @param now milliseconds of a clock, here and below */
  note(now: number): void {
    this.#at.push(now);
  }

  count(now: number): number {
    while ((this.#at[0] ?? Infinity) <= now - WINDOW_MS) this.#at.shift();
    return this.#at.length;
  }

  pace(now: number): Pace {
    return restoringPace(this.count(now));
  }
}
