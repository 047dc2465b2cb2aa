import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError, isTransient } from '../../kube/errors.ts';
import type { ObjectRef } from '../../kube/object.ts';
import { retrying } from '../../kube/retry.ts';
import type { GuardHolder } from '../../lock/guard/entries.ts';
import type { GuardNeed } from '../../lock/guard/need.ts';
import type { Guards } from '../../transaction/context.ts';
import { coalesceReads } from '../coalesce.ts';
import type { Reach, WebhookConfiguration } from '../webhook-configuration.ts';
import {
  emptyGuards,
  GUARDS_CONFIGURATION_NAME,
  holderOfWebhook,
  probeWebhook,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
  VERSION_ANNOTATION,
  versionOf,
  webhooksOf,
} from './configuration.ts';
import { mergedGuards, type WantedGuards } from './merge.ts';
import { probeGuards } from './probe.ts';

export interface GuardKeeperOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'update'>;
  /** Janus's own namespace. */
  readonly systemNamespace: string;
  /** How API servers reach us now. */
  readonly reach: () => Reach;
  /** Throws once another process leads: what is wanted here is no longer to be written. */
  readonly mayAct?: () => void;
  /** Milliseconds until guards must be in place. */
  readonly probeDeadlineMs?: number;
  readonly now?: () => number;
}

const REF: ObjectRef = { kind: VALIDATING_WEBHOOK_CONFIGURATIONS, name: GUARDS_CONFIGURATION_NAME };

/**
 * Keeps `janus-guards`: what transactions of this process want is gathered into one write at a time, by compare-and-swap on the
 * resourceVersion, and seen to be in force before anybody relies on it. Knows from its own writes what is there, so what has no
 * guards costs no request.
 */
export class GuardKeeper implements Guards {
  readonly #options: GuardKeeperOptions;
  readonly #up = new Map<string, WantedGuards>();
  readonly #down = new Map<string, number>();
  readonly #write = coalesceReads<number>(() => this.#writeAll());
  readonly #prove = coalesceReads<number>((version) => this.#proveOnce(Number(version)));
  /** The configuration as last read or written. */
  #live: WebhookConfiguration | undefined;
  #stale = false;
  #proven = 0;
  #begun: Promise<void> | undefined;

  constructor(options: GuardKeeperOptions) {
    this.#options = options;
  }

  async holders(): Promise<readonly string[]> {
    await this.#begin();
    return this.#holders();
  }

  /** Before anything else: reads what an earlier process has left, and sees to it that its guards lead to this one. */
  #begin(): Promise<void> {
    this.#begun ??= this.#beginOnce().catch((error: unknown) => {
      this.#begun = undefined;
      throw error;
    });
    return this.#begun;
  }

  async #beginOnce(): Promise<void> {
    this.#live = await this.#read();
    if (this.#holders().length > 0) await this.#write('');
  }

  #holders(): readonly string[] {
    const live = webhooksOf(this.#live).flatMap((webhook) => holderOfWebhook(webhook)?.transaction ?? []);
    return [...new Set([...live, ...this.#up.keys()])];
  }

  /** How many ways to objects are closed by this process. */
  count(): number {
    return [...this.#up.values()].reduce((sum, { needs }) => sum + needs.length, 0);
  }

  async put({ transaction, attempt }: GuardHolder, needs: readonly GuardNeed[]): Promise<void> {
    if (needs.length === 0) return this.drop({ transaction, attempt });
    await this.#begin();
    const known = this.#up.get(transaction);
    if (known !== undefined && isDeepStrictEqual(known.needs, needs)) return;
    const wanted = { attempt, needs };
    this.#up.set(transaction, wanted);
    try {
      await this.#inForce(await this.#write(''));
    } catch (error) {
      // It may have landed all the same: what is not relied on goes with the next write.
      if (this.#up.get(transaction) === wanted) this.#forget({ transaction, attempt });
      throw error;
    }
  }

  async drop(holder: GuardHolder): Promise<void> {
    if (!(await this.holders()).includes(holder.transaction)) return;
    this.#forget(holder);
    await this.#write('');
  }

  /**
   * Looks at what is there, and writes what is to be if somebody has edited or deleted it, or API servers are to reach us another
   * way. Returns whether it was so.
   */
  async restore(): Promise<boolean> {
    await this.#begin();
    const before = this.#resourceVersion();
    this.#stale = true;
    await this.#write('');
    return this.#resourceVersion() !== before;
  }

  #resourceVersion(): string | undefined {
    return this.#live?.metadata.resourceVersion;
  }

  #forget({ transaction, attempt }: GuardHolder): void {
    this.#up.delete(transaction);
    this.#down.set(transaction, Math.max(attempt, this.#down.get(transaction) ?? 0));
  }

  /** One compare-and-swap, again where somebody else was faster, or has deleted it. Returns the version that is there now. */
  #writeAll(): Promise<number> {
    return retrying(
      async () => {
        try {
          return await this.#swap();
        } catch (error) {
          this.#stale = true;
          throw error;
        }
      },
      { attempts: 10, baseMs: 10, maxMs: 1_000, retryable: (error) => isTransient(error) || isApiError(error, 404, 409) },
    );
  }

  async #swap(): Promise<number> {
    const { client, systemNamespace, reach, mayAct, now = Date.now } = this.#options;
    const live = this.#stale ? await this.#read() : this.#live;
    const down = new Map(this.#down);
    const guards = mergedGuards(webhooksOf(live), { up: this.#up, down }, reach());
    const current = versionOf(live);
    const probed = (version: number): WebhookConfiguration['webhooks'] =>
      guards.length === 0 ? [] : [...guards, probeWebhook(version, systemNamespace, reach())];
    if (!isDeepStrictEqual(webhooksOf(live), probed(current))) {
      const version = Math.max(current + 1, now());
      const base = live ?? emptyGuards();
      const annotations = { ...base.metadata.annotations, [VERSION_ANNOTATION]: String(version) };
      const next = { ...base, metadata: { ...base.metadata, annotations }, webhooks: probed(version) };
      mayAct?.();
      const written = await (live === undefined
        ? client.create<WebhookConfiguration>(REF, next)
        : client.update<WebhookConfiguration>(REF, next));
      this.#live = written.object;
    } else this.#live = live;
    this.#stale = false;
    for (const [transaction, attempt] of down) if (this.#down.get(transaction) === attempt) this.#down.delete(transaction);
    return versionOf(this.#live);
  }

  async #read(): Promise<WebhookConfiguration | undefined> {
    try {
      return await retrying(() => this.#options.client.get<WebhookConfiguration>(REF));
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      throw error;
    }
  }

  async #inForce(version: number): Promise<void> {
    if (version > this.#proven && this.#holders().length > 0) await this.#prove(String(version));
  }

  async #proveOnce(version: number): Promise<number> {
    if (version <= this.#proven) return this.#proven;
    const { client, systemNamespace, probeDeadlineMs = 10_000 } = this.#options;
    await probeGuards({ client, systemNamespace, deadlineMs: probeDeadlineMs }, version);
    this.#proven = Math.max(this.#proven, version);
    return this.#proven;
  }
}
