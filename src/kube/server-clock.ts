/**
 * The time of day as the API server has it. What several processes compare with each other (deadlines in records, lives of
 * grants and certificates) is told by this clock, so that nobody's own may be wrong.
 */
export interface ServerClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Takes note of an answer's `Date`, with when the request was sent and answered on the own monotonic clock. */
  heard(date: string | undefined, sentAt: number, answeredAt: number): void;
}

export interface OwnClocks {
  /** Milliseconds that only ever grow, at the rate of real time. */
  readonly monotonic: () => number;
  /** Milliseconds since 1970, as this machine believes. */
  readonly wall: () => number;
}

/** A `Date` header is cut to whole seconds. */
const PRECISION_MS = 1_000;

/**
 * Follows the server's clock by the `Date` of its answers. Each says that the server's clock stood within a second of it at
 * some moment between question and answer; together they narrow down how far it is from the own monotonic clock. The own time
 * of day is used as long as that agrees, and corrected by no more than is certain.
 */
export function createServerClock(own: OwnClocks = { monotonic: () => performance.now(), wall: Date.now }): ServerClock {
  let least = -Infinity;
  let most = Infinity;
  return {
    now() {
      const monotonic = own.monotonic();
      return monotonic + Math.min(Math.max(own.wall() - monotonic, least), most);
    },
    heard(date, sentAt, answeredAt) {
      const told = date === undefined ? NaN : Date.parse(date);
      if (Number.isNaN(told)) return;
      const from = told - answeredAt;
      const to = told + PRECISION_MS - sentAt;
      const agrees = from <= most && to >= least;
      // The server's clock was set, or another server answers.
      least = agrees ? Math.max(least, from) : from;
      most = agrees ? Math.min(most, to) : to;
    },
  };
}
