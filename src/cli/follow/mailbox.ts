/** What comes from callbacks, taken one by one. */
export interface Mailbox<T> {
  put(letter: T): void;
  /** Lets the next `take` fail, once all that came before is taken. */
  fail(error: unknown): void;
  /** Waits for the next one. @throws what `fail` was given, or the reason of the signal. */
  take(): Promise<T>;
}

/** An empty mailbox. Whoever waits at it is woken when `signal` aborts. */
export function mailbox<T>(signal: AbortSignal): Mailbox<T> {
  const letters: T[] = [];
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => undefined;
  signal.addEventListener('abort', () => wake(), { once: true });
  return {
    put(letter) {
      letters.push(letter);
      wake();
    },
    fail(error) {
      failure ??= { error };
      wake();
    },
    async take() {
      for (;;) {
        signal.throwIfAborted();
        if (letters.length > 0) return letters.shift() as T;
        if (failure !== undefined) throw failure.error;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
