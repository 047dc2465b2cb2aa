/** What work waits at while it may not go on. Shut at first. */
export class Gate {
  readonly #waiting = new Set<() => void>();
  #open = false;

  get isOpen(): boolean {
    return this.#open;
  }

  open(): void {
    this.#open = true;
    for (const look of [...this.#waiting]) look();
  }

  shut(): void {
    this.#open = false;
  }

  /** Resolves while it is open. Rejects with the signal's reason. */
  async passed(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    while (!this.#open) {
      await this.#opened(signal);
      signal?.throwIfAborted();
    }
  }

  #opened(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        this.#waiting.delete(look);
        signal?.removeEventListener('abort', look);
        resolve();
      };
      this.#waiting.add(look);
      signal?.addEventListener('abort', look, { once: true });
    });
  }
}
