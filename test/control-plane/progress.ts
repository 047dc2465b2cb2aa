/** Tells a person what takes so long. */
export interface Progress {
  /** What is going on now; may be called often. */
  update(what: string): void;
  /** Nothing is going on any more. */
  end(): void;
}

/** Where progress is written, a part of `process.stderr`. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

// Without a terminal each message is a line of its own, in a CI log for example.
const LINE_EVERY_MS = 10_000;

/** Progress with the seconds since the first update: one line that is rewritten on a terminal, else a line every ten seconds. */
export function progressOn(stream: ProgressStream, now: () => number = Date.now): Progress {
  let begun: number | undefined;
  let written = -Infinity;
  let shown = false;
  return {
    update: (what) => {
      begun ??= now();
      const line = `control plane: ${Math.round((now() - begun) / 1000)} s, ${what}`;
      if (stream.isTTY) {
        stream.write(`\r\u001b[K${line.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
        shown = true;
      } else if (now() - written >= LINE_EVERY_MS) {
        stream.write(`${line}\n`);
        written = now();
      }
    },
    end: () => {
      if (shown) stream.write('\r\u001b[K');
      shown = false;
      begun = undefined;
      written = -Infinity;
    },
  };
}
