import type { KubeClient } from '../client.ts';
import { isApiError } from '../errors.ts';
import { decide, leadsUntil, sight, type Sighting } from './decision.ts';
import { leaseRef, type Lease } from './lease.ts';
import { LeaseStore } from './lease-store.ts';
import { DEFAULT_TIMING, JITTER, timingFault, type Timing } from './timing.ts';
import { createWaker } from './waker.ts';

export interface ElectionOptions {
  /** With connections of its own, if it can be: a renewal must not queue behind other work. */
  readonly client: Pick<KubeClient, 'get' | 'create' | 'update'>;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  readonly identity: string;
  readonly timing?: Timing;
  /** Put on a Lease that is made. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Called when this process begins to lead. The signal aborts, with the reason in words, once it no longer does. */
  readonly onLeading: (signal: AbortSignal) => void;
  /** Hears who holds the Lease now, each time that changes; undefined for nobody. */
  readonly onHolder?: (holder: string | undefined) => void;
  /** Hears of requests that failed; they are tried again. */
  readonly onProblem?: (error: unknown) => void;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /** The time that is written for people. */
  readonly wallClock?: () => Date;
  readonly random?: () => number;
}

/** A process that stands for election, until it is released or abandoned. */
export interface Election {
  readonly identity: string;
  /** Resolves after the first try: by then it leads, if nobody else held the Lease. Never rejects. */
  readonly tried: Promise<void>;
  /** Whether it leads at this very moment by its own clock. Finds out, and aborts the signal, before any timer does. */
  leading(): boolean;
  /** Who holds the Lease, as last seen. */
  holder(): string | undefined;
  /** Looks at the Lease now: somebody has seen it change. */
  look(): void;
  /** Leads no longer, stands no longer, and gives the Lease back at once if it had it. Never rejects: a Lease that is not given back runs out. */
  release(): Promise<void>;
  /** Leads no longer, stands no longer, and leaves the Lease as it is: as a crash would. */
  abandon(): void;
}

/** @throws RangeError for times that cannot be */
export function standForElection(options: ElectionOptions): Election {
  const fault = timingFault(options.timing ?? DEFAULT_TIMING);
  if (fault !== undefined) throw new RangeError(fault);
  return new Candidate(options);
}

class Candidate implements Election {
  readonly identity: string;
  readonly tried: Promise<void>;
  readonly #options: ElectionOptions;
  readonly #timing: Timing;
  readonly #store: LeaseStore;
  readonly #now: () => number;
  readonly #waker = createWaker();
  readonly #ended: Promise<void>;
  #stopped = false;
  #sighting: Sighting | undefined;
  #renewedAt: number | undefined;
  #term: { readonly end: AbortController; timer: NodeJS.Timeout | undefined } | undefined;
  #mustRead = true;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.identity = options.identity;
    this.#timing = options.timing ?? DEFAULT_TIMING;
    // Leaves time for another try before the deadline.
    const timeoutMs = (this.#timing.renewDeadlineMs - this.#timing.retryPeriodMs) / 3;
    this.#store = new LeaseStore(options.client, leaseRef(options.namespace, options.name), options.labels ?? {}, timeoutMs);
    this.#now = options.now ?? (() => performance.now());
    let settle: () => void = () => undefined;
    this.tried = new Promise((resolve) => (settle = resolve));
    this.#ended = this.#run(settle);
  }

  leading(): boolean {
    if (this.#renewedAt === undefined) return false;
    const step = decide(this.#standing());
    if (step.do === 'resign') this.#resign(step.because);
    return this.#term !== undefined;
  }

  holder(): string | undefined {
    return this.#sighting?.holder;
  }

  look(): void {
    this.#mustRead = true;
    this.#waker.wake();
  }

  async release(): Promise<void> {
    this.abandon();
    // A claim under way may still be answered: only then is it known what there is to give back.
    await this.#ended;
    try {
      if (this.#mustRead) await this.#read();
      await this.#store.free(this.identity, this.#time());
    } catch (error) {
      this.#options.onProblem?.(error);
    }
  }

  abandon(): void {
    this.#stopped = true;
    this.#resign('it was given up');
    this.#waker.wake();
  }

  #stands(): boolean {
    return !this.#stopped;
  }

  async #run(tried: () => void): Promise<void> {
    while (this.#stands()) {
      let until: number;
      try {
        until = await this.#turn();
      } catch (error) {
        this.#mustRead = true;
        if (this.#stands()) this.#options.onProblem?.(error);
        until = this.#afterPause();
      }
      tried();
      if (this.#stands()) await this.#waker.sleep(Math.max(0, until - this.#now()));
    }
    tried();
  }

  /** One look and what follows from it. Returns when to look again. */
  async #turn(): Promise<number> {
    if (this.#mustRead || this.#renewedAt === undefined) await this.#read();
    if (this.#stopped) return 0;
    const step = decide(this.#standing());
    if (step.do === 'wait') return Math.min(step.until, this.#afterPause());
    if (step.do === 'resign') {
      this.#resign(step.because);
      return this.#now();
    }
    try {
      await this.#claim();
    } catch (error) {
      // Somebody was quicker, or has edited the Lease: what is there now decides.
      if (!isApiError(error, 404, 409)) throw error;
      this.#mustRead = true;
      return this.#renewedAt === undefined ? this.#afterPause() : this.#now();
    }
    return this.#afterPause();
  }

  async #read(): Promise<void> {
    this.#mustRead = false;
    this.#take(await this.#store.read());
  }

  async #claim(): Promise<void> {
    const sent = this.#now();
    this.#take(await this.#store.claim({ identity: this.identity, durationMs: this.#timing.leaseDurationMs, now: this.#time() }));
    if (this.#stands()) this.#lead(sent);
  }

  #take(lease: Lease | undefined): void {
    const before = this.holder();
    this.#sighting = sight(this.#sighting, lease, this.#timing, this.#now());
    if (this.holder() !== before) this.#options.onHolder?.(this.holder());
  }

  /** The clock of a term runs from before the write was sent: what others count from is later. */
  #lead(sent: number): void {
    // So long under way that it is worth nothing any more.
    if (this.#now() >= leadsUntil(sent, this.#timing)) {
      this.#resign('its renewal was answered too late');
      return;
    }
    this.#renewedAt = sent;
    const begins = this.#term === undefined;
    this.#term ??= { end: new AbortController(), timer: undefined };
    this.#watchDeadline();
    if (begins) this.#options.onLeading(this.#term.end.signal);
  }

  /** Ends the term at its deadline, whatever request of ours is under way then. */
  #watchDeadline(): void {
    const term = this.#term;
    if (term === undefined || this.#renewedAt === undefined) return;
    clearTimeout(term.timer);
    const left = leadsUntil(this.#renewedAt, this.#timing) - this.#now();
    term.timer = setTimeout(() => this.leading() && this.#watchDeadline(), Math.max(1, Math.ceil(left))).unref();
  }

  #resign(because: string): void {
    const term = this.#term;
    this.#term = undefined;
    this.#renewedAt = undefined;
    if (term === undefined) return;
    clearTimeout(term.timer);
    term.end.abort(new Error(`the Lease ${this.#options.namespace}/${this.#options.name} is no longer ours: ${because}`));
  }

  #standing(): Parameters<typeof decide>[0] {
    return { identity: this.identity, timing: this.#timing, sighting: this.#sighting, renewedAt: this.#renewedAt, now: this.#now() };
  }

  #afterPause(): number {
    const { random = Math.random } = this.#options;
    return this.#now() + this.#timing.retryPeriodMs * (1 + random() * JITTER);
  }

  #time(): Date {
    return this.#options.wallClock?.() ?? new Date();
  }
}
