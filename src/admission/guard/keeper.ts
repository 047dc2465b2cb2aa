import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kube/object.ts';
import type { ObjectEvent } from '../../kube/object-store.ts';
import type { GuardHolder } from '../../lock/guard/entries.ts';
import type { GuardNeed } from '../../lock/guard/need.ts';
import type { Guards } from '../../transaction/context.ts';
import { coalesceReads } from '../coalesce.ts';
import { asRead, type LiveConfiguration } from '../registration.ts';
import { holderOfWebhook, versionOf, webhooksOf } from './configuration.ts';
import type { WantedGuards } from './merge.ts';
import { probeGuards } from './probe.ts';
import { tamperingOf, type Tampering } from './tampering.ts';
import { GuardsWriter, type GuardsWriterOptions, type TamperingListener } from './writer.ts';

export interface GuardKeeperOptions extends GuardsWriterOptions {
  /** Milliseconds until guards must be in place. */
  readonly probeDeadlineMs?: number;
}

/**
 * Keeps `janus-guards`: what transactions of this process want is gathered into one write at a time, by compare-and-swap on the
 * resourceVersion, and seen to be in force before anybody relies on it. Knows from its own writes what is there, so what has no
 * guards costs no request.
 */
export class GuardKeeper implements Guards {
  readonly #options: GuardKeeperOptions;
  readonly #up = new Map<string, WantedGuards>();
  readonly #down = new Map<string, number>();
  readonly #writer: GuardsWriter;
  readonly #write = coalesceReads<number>(() => this.#writeAll());
  readonly #prove = coalesceReads<number>((version) => this.#proveOnce(Number(version)));
  #proven = 0;
  #begun: Promise<void> | undefined;

  constructor(options: GuardKeeperOptions) {
    this.#options = options;
    this.#writer = new GuardsWriter(options);
  }

  /** Who hears what others do to the configuration. */
  tell(listener: TamperingListener): void {
    this.#writer.tell(listener);
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
    await this.#writer.begin();
    if (this.#holders().length > 0) await this.#write('');
  }

  #holders(): readonly string[] {
    const live = webhooksOf(this.#writer.known).flatMap((webhook) => holderOfWebhook(webhook)?.transaction ?? []);
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
    const before = this.#writer.known?.metadata.resourceVersion;
    this.#writer.doubt();
    await this.#write('');
    return this.#writer.known?.metadata.resourceVersion !== before;
  }

  /** Resolves when an API server refuses by what is there. */
  async inForce(): Promise<void> {
    await this.#inForce(versionOf(this.#writer.known));
  }

  /** What a watch's news says that somebody else has done; undefined for what is known, and for what this process has done itself. */
  async tampering({ type, object }: ObjectEvent<LiveConfiguration>): Promise<Tampering | undefined> {
    await this.#begin();
    const { known } = this.#writer;
    if (type === 'deleted') return object.metadata.uid === known?.metadata.uid ? tamperingOf(undefined, known) : undefined;
    return versionIn(object) > versionIn(known) ? tamperingOf(asRead(object), known) : undefined;
  }

  #forget({ transaction, attempt }: GuardHolder): void {
    this.#up.delete(transaction);
    this.#down.set(transaction, Math.max(attempt, this.#down.get(transaction) ?? 0));
  }

  async #writeAll(): Promise<number> {
    const down = new Map(this.#down);
    const version = await this.#writer.write({ up: this.#up, down });
    for (const [transaction, attempt] of down) if (this.#down.get(transaction) === attempt) this.#down.delete(transaction);
    return version;
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

function versionIn(configuration: KubeObject | undefined): bigint {
  return BigInt(configuration?.metadata.resourceVersion ?? '0');
}
