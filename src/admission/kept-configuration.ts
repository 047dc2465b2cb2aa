import type { KubeClient } from '../kube/client.ts';
import type { ObjectRef } from '../kube/object.ts';
import { pause } from '../kube/pause.ts';
import { backoffMs, retrying } from '../kube/retry.ts';
import { driftOf, stillAsks, writersSince } from './drift.ts';
import { bring, FIELD_MANAGER, readConfiguration, refOf, type Brought } from './registration.ts';
import { LOCK_WEBHOOK_NAME, type WebhookConfiguration } from './webhook-configuration.ts';

export interface KeptOptions {
  readonly client: KubeClient;
  readonly signal: AbortSignal;
  /** Milliseconds to wait before it is restored. */
  readonly pauseMs: () => number;
  /** Hears each time it was brought to what it should be, with what was wrong and, as far as can be told, by which field managers. */
  readonly onBrought: (brought: Brought, drift: readonly string[], by: readonly string[]) => void;
  readonly onTrouble: (words: string) => void;
}

const RETRY_MAX_MS = 1_000;
const READ_MS = 10_000;

/** One webhook configuration: what it should be, what it is, and how it is brought back. */
export class KeptConfiguration {
  /** Kind and name. */
  readonly name: string;
  readonly ref: ObjectRef;
  readonly #options: KeptOptions;
  /** What it may be: the first is what it is brought to. */
  #accepted: readonly [WebhookConfiguration, ...(readonly WebhookConfiguration[])];
  #lastGood: WebhookConfiguration | undefined;
  #live: WebhookConfiguration | undefined;
  #drift: readonly string[] = [];
  #trouble: string | undefined;
  #mending = false;

  constructor(options: KeptOptions, wanted: WebhookConfiguration) {
    this.#options = options;
    this.#accepted = [wanted];
    this.name = `${wanted.kind} ${wanted.metadata.name ?? ''}`;
    this.ref = refOf(wanted);
  }

  /** Another content from now on; what it was stays right until it is written. */
  async publish(wanted: WebhookConfiguration): Promise<Brought> {
    this.#accepted = [wanted, ...this.#accepted];
    const brought = await this.bring();
    this.#accepted = [wanted];
    return brought;
  }

  bring(): Promise<Brought> {
    return bring(this.#options.client, this.#accepted[0]);
  }

  read(): Promise<WebhookConfiguration | undefined> {
    return retrying(() => readConfiguration(this.#options.client, this.ref), { signal: this.#options.signal, deadlineMs: READ_MS });
  }

  isRight(live: WebhookConfiguration | undefined): boolean {
    return driftOf(live, this.#accepted).length === 0;
  }

  /** Takes note of how it is. */
  take(live: WebhookConfiguration | undefined): void {
    this.#live = live;
    this.#drift = driftOf(live, this.#accepted);
    if (this.#drift.length === 0) this.#lastGood = live;
  }

  /** As it was last seen. */
  get live(): WebhookConfiguration | undefined {
    return this.#live;
  }

  /** What is wrong with it, in words; undefined where nothing is. */
  words(): string | undefined {
    if (this.#drift.length === 0) return undefined;
    return `${this.name}: ${this.#drift.join('; ')}${this.#trouble === undefined ? '' : ` (${this.#trouble})`}`;
  }

  /** Whether API servers may still ask us by it, right or wrong. */
  stillAsks(): boolean {
    return this.#drift.length === 0 || stillAsks(this.#live, this.#accepted[0], LOCK_WEBHOOK_NAME);
  }

  /** Restores it until it is right. Runs once at a time. */
  async mend(): Promise<void> {
    const { signal, pauseMs } = this.#options;
    if (this.#mending) return;
    this.#mending = true;
    let failures = 0;
    while (this.#drift.length > 0) {
      const waited = await pause(failures === 0 ? pauseMs() : backoffMs(failures, { baseMs: 50, maxMs: RETRY_MAX_MS }), signal);
      if (!waited) break;
      failures = (await this.#restore()) ? 0 : failures + 1;
    }
    this.#mending = false;
  }

  async #restore(): Promise<boolean> {
    try {
      const brought = await bring(this.#options.client, this.#accepted[0], { earlier: this.#lastGood });
      this.#trouble = undefined;
      const { before } = brought;
      const by = before === undefined ? [] : writersSince(this.#lastGood, before, FIELD_MANAGER);
      this.#options.onBrought(brought, driftOf(before, this.#accepted), by);
      return true;
    } catch (error) {
      const words = `it could not be restored: ${error instanceof Error ? error.message : String(error)}`;
      if (this.#trouble !== words && !this.#options.signal.aborted) this.#options.onTrouble(words);
      this.#trouble = words;
      return false;
    }
  }
}
