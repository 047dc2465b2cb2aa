import type { WebhookConfiguration } from './webhook-configuration.ts';

/** Which state of a configuration was seen: every change of its webhooks raises the generation, and one that is made anew has another uid. */
interface Seen {
  readonly uid: string;
  readonly generation: number;
  readonly version: bigint;
}

/** What a look at one configuration told. */
export type Sighting =
  /** Older than what is known. */
  | 'stale'
  /** Right, and never away since the last look. */
  | 'unbroken'
  /** Right now, and it was wrong or away before. */
  | 'back'
  | 'wrong';

/**
 * Keeps account of whether our webhook configurations were ever away or wrong. Each stretch of time in which they were not has a
 * term: uid and generation of each. A change that is right itself and follows directly on one that was carries a stretch on under a new
 * term; where a state in between was not seen, the stretch has ended.
 */
export class EnforcementTerms {
  readonly #seen = new Map<string, Seen>();
  readonly #right = new Set<string>();
  readonly #names: readonly string[];
  #terms = new Set<string>();

  /** @param names of all configurations that must be right */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Notes one configuration as it was read or watched. `right`: whether it is as it should be. */
  see(name: string, live: WebhookConfiguration | undefined, right: boolean): Sighting {
    const before = this.#seen.get(name);
    const now = live === undefined ? undefined : seenOf(live);
    if (now !== undefined && before !== undefined && now.version < before.version) return 'stale';
    const follows = now !== undefined && before !== undefined && isSuccessor(before, now);
    const wasRight = this.#right.has(name);
    if (now === undefined) this.#seen.delete(name);
    else this.#seen.set(name, now);
    if (right) this.#right.add(name);
    else this.#right.delete(name);
    if (right && wasRight && follows) {
      if (this.#terms.size > 0) this.#terms.add(this.current());
      return 'unbroken';
    }
    this.#terms = new Set();
    return right ? 'back' : 'wrong';
  }

  /** Whether one is gone whose uid this is: news of the end of an earlier object of the same name says nothing. */
  isKnown(name: string, uid: string | undefined): boolean {
    return this.#seen.get(name)?.uid === uid;
  }

  get allRight(): boolean {
    return this.#names.every((name) => this.#right.has(name));
  }

  /** Begins a stretch, or goes on with one: that of `earlier`, where nothing was away since. */
  begin(earlier?: string): void {
    if (earlier === undefined || !this.#terms.has(earlier)) this.#terms = new Set(earlier === undefined ? [] : [earlier]);
    this.#terms.add(this.current());
  }

  /** A term of the stretch that lasts, if one does. */
  lasting(): string | undefined {
    return this.#terms.has(this.current()) ? this.current() : undefined;
  }

  current(): string {
    return this.#names.map((name) => `${this.#seen.get(name)?.uid ?? ''}/${String(this.#seen.get(name)?.generation ?? 0)}`).join(' ');
  }

  unbroken(term: string | undefined): boolean {
    return term !== undefined && this.#terms.has(term);
  }
}

/** The term that belongs to these states, in the order of the names. */
export function termOf(configurations: readonly WebhookConfiguration[]): string {
  return configurations.map(({ metadata }) => `${metadata.uid ?? ''}/${String(metadata.generation ?? 0)}`).join(' ');
}

function seenOf({ metadata: { uid = '', generation = 0, resourceVersion = '0' } }: WebhookConfiguration): Seen {
  return { uid, generation, version: BigInt(resourceVersion) };
}

function isSuccessor(before: Seen, now: Seen): boolean {
  return now.uid === before.uid && (now.generation === before.generation || now.generation === before.generation + 1);
}
