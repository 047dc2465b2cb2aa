/** How many announcements are remembered for those who were just asking when they came. */
const REMEMBERED = 1_000;

/** Tells transactions of this process that wait for an object when another one lets go, so that they need not guess. */
export class Released {
  readonly #waiting = new Set<(uid: string) => void>();
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
    for (const hear of [...this.#waiting]) hear(uid);
  }

  /** A point in time to wait from: taken before an object is asked for, it makes sure that no announcement is missed. */
  mark(): number {
    return this.#count;
  }

  /** Resolves when one of `holders` lets go, or has since `mark`; after `ms` milliseconds; or when `signal` aborts. */
  next(holders: readonly string[], ms: number, signal: AbortSignal, mark: number = this.#count): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#waiting.delete(hear);
        resolve();
      };
      const hear = (uid: string): void => {
        if (holders.includes(uid)) end();
      };
      const timer = setTimeout(end, ms);
      this.#waiting.add(hear);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted || holders.some((uid) => (this.#last.get(uid) ?? 0) > mark)) end();
    });
  }
}
