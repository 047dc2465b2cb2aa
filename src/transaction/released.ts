/** How many announcements are remembered for those who were just asking when they came. */
const REMEMBERED = 1_000;

/** One who stands in line for an object. */
export interface InLine {
  /** The object, in words that are its own. */
  readonly object: string;
  /** uid of the transaction that waits. */
  readonly transaction: string;
}

interface Waiter {
  readonly holders: Set<string>;
  readonly line: InLine | undefined;
  readonly hear: () => void;
}

/**
 * Tells transactions of this process that wait for an object when another one lets go, so that they need not guess. Of those
 * that stand in line for one object only the first is told; the others wait for that one from then on, since only one can get
 * it: hundreds that want the same object would else all ask for it each time.
 */
export class Released {
  readonly #waiting = new Set<Waiter>();
  /** When each transaction has last let go, the longest ago first. */
  readonly #last = new Map<string, number>();
  #count = 0;

  /** A transaction has let go of its objects, or some of them. */
  announce(uid: string): void {
    this.#count += 1;
    this.#last.delete(uid);
    this.#last.set(uid, this.#count);
    const oldest = this.#last.size > REMEMBERED ? this.#last.keys().next().value : undefined;
    if (oldest !== undefined) this.#last.delete(oldest);
    const next = new Map<string, string>();
    for (const waiter of [...this.#waiting].filter(({ holders }) => holders.has(uid))) {
      const { line, holders, hear } = waiter;
      const first = line === undefined ? undefined : next.get(line.object);
      if (first === undefined) {
        if (line !== undefined) next.set(line.object, line.transaction);
        hear();
      } else {
        holders.delete(uid);
        holders.add(first);
      }
    }
  }

  /** A point in time to wait from: taken before an object is asked for, it makes sure that no announcement is missed. */
  mark(): number {
    return this.#count;
  }

  /**
   * Resolves when one of `holders` lets go, or has since `mark`; after `ms` milliseconds; or when `signal` aborts. In line for an
   * object, it may be when the one before in that line lets go.
   */
  next(holders: readonly string[], ms: number, signal: AbortSignal, mark: number = this.#count, line?: InLine): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#waiting.delete(waiter);
        resolve();
      };
      const waiter: Waiter = { holders: new Set(holders), line, hear: end };
      const timer = setTimeout(end, ms);
      this.#waiting.add(waiter);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted || holders.some((uid) => (this.#last.get(uid) ?? 0) > mark)) end();
    });
  }
}
