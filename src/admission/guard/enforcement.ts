import { randomUUID } from 'node:crypto';
import type { Enforcement } from '../../transaction/enforcement.ts';
import { Gate } from '../gate.ts';

/** Between the term of the locks and what this process knows of the guards. */
const SEPARATOR = ' guards/';

/** Of a term in which guards were up, that of the webhook configurations alone. */
export function termOfLocks(term: string | undefined): string | undefined {
  return term?.split(SEPARATOR)[0];
}

/**
 * The enforcement of locks, and with it that of guards: while guards are known to be away nothing goes on either, and a time in
 * which they were ends the term, so that what is held is looked at before it is relied on. The term carries how often that was,
 * as this process has seen it: what another process saw died with it, since no state of the configuration proves anything about
 * the one before, which guards change all the time.
 */
export class GuardedEnforcement implements Enforcement {
  readonly #locks: Enforcement;
  readonly #gate = new Gate();
  readonly #process = randomUUID();
  #gaps = 0;
  #words = '';

  constructor(locks: Enforcement) {
    this.#locks = locks;
    this.#gate.open();
  }

  /** Guards are away. @param words why, for people */
  opened(words: string): void {
    this.#words = words;
    this.#gaps += 1;
    this.#gate.shut();
  }

  /** They are up again, and in force. */
  restored(): void {
    this.#gate.open();
  }

  get isWhole(): boolean {
    return this.#gate.isOpen;
  }

  async effective(signal?: AbortSignal, waiting?: (words: string) => void): Promise<string> {
    for (;;) {
      const term = await this.#locks.effective(signal, waiting);
      if (this.#gate.isOpen) return `${term}${SEPARATOR}${this.#process}.${String(this.#gaps)}`;
      waiting?.(this.#words);
      await this.#gate.passed(signal);
    }
  }

  unbroken(term: string | undefined): boolean {
    return this.#locks.unbroken(termOfLocks(term)) && this.#gate.isOpen && this.#sawNoGap(term);
  }

  async confirm(term: string | undefined): Promise<boolean> {
    return (await this.#locks.confirm(termOfLocks(term))) && this.unbroken(term);
  }

  #sawNoGap(term = ''): boolean {
    const [process, gaps] = term.split(SEPARATOR)[1]?.split('.') ?? [];
    return process !== this.#process || gaps === String(this.#gaps);
  }
}
