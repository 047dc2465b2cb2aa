import type { KubeClient } from '../kube/client.ts';
import { pause } from '../kube/pause.ts';
import { watchResource, type Reflector } from '../kube/reflector.ts';
import type { Transport } from '../kube/transport.ts';
import type { Enforcement } from '../transaction/enforcement.ts';
import { isWrittenByJanus } from './drift.ts';
import { EnforcementTerms, termOf } from './enforcement-terms.ts';
import { Gate } from './gate.ts';
import type { KeeperEvent, Unenforced } from './keeper-event.ts';
import { KeptConfiguration } from './kept-configuration.ts';
import { probeLocks } from './probe.ts';
import { asRead, authoritiesOf, type Brought, type LiveConfiguration } from './registration.ts';
import { Restorations } from './restoring-pace.ts';
import type { WebhookConfiguration } from './webhook-configuration.ts';

export interface KeeperOptions {
  readonly client: KubeClient;
  readonly transport: Transport;
  readonly systemNamespace: string;
  readonly onEvent: (event: KeeperEvent) => void;
}

/** Two refusals so far apart: an API server may have refused the first by what it knew before the change. */
const PROBE_AGAIN_MS = 200;
/** Between looks that do not rely on the watches. */
const LOOK_EVERY_MS = 10_000;
const LOOK_AGAIN_MS = 500;

/**
 * Keeps our webhook configurations as they should be: installs them, watches them, restores what somebody deletes or edits, and probes that
 * API servers go by them again. Runs in every replica: whoever is first writes, the others find that it is right.
 */
export class ConfigurationKeeper implements Enforcement {
  readonly #options: KeeperOptions;
  readonly #kept: readonly KeptConfiguration[];
  readonly #terms: EnforcementTerms;
  readonly #ending = new AbortController();
  readonly #watches: Reflector<LiveConfiguration>[] = [];
  readonly #gate = new Gate();
  readonly #restorations = new Restorations();
  /** Since when locks are not enforced, or not known to be; milliseconds. */
  #since = Date.now();
  #told = false;
  /** They could not be read: nothing is known to be wrong, and nothing to be right. */
  #unread: string | undefined;
  #probe: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KeeperOptions, configurations: readonly WebhookConfiguration[]) {
    this.#options = options;
    this.#kept = configurations.map((configuration) => this.#keep(configuration));
    this.#terms = new EnforcementTerms(this.#kept.map(({ name }) => name));
  }

  /** Installs them and begins to watch. What was there before tells whether locks have been enforced all along. */
  async start(): Promise<void> {
    const befores: WebhookConfiguration[] = [];
    for (const kept of this.#kept) {
      const { before, after } = await kept.bring();
      const right = before !== undefined && isWrittenByJanus(before);
      if (right) befores.push(before);
      else
        this.#tell({
          type: 'found',
          configuration: kept.name,
          words: before === undefined ? 'there was none' : 'it was not as Janus leaves it',
        });
      if (before !== undefined) this.#terms.see(kept.name, before, right);
      this.#observe(kept, after);
    }
    this.#startProbe(befores.length === this.#kept.length ? termOf(befores) : undefined);
    for (const kept of this.#kept) this.#watch(kept);
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Brings them to another content, in the order in which they were given at first. */
  async publish(configurations: readonly WebhookConfiguration[]): Promise<void> {
    for (const [at, kept] of this.#kept.entries()) {
      const wanted = configurations[at];
      if (wanted !== undefined) this.#observe(kept, (await kept.publish(wanted)).after);
    }
  }

  async effective(signal?: AbortSignal, waiting?: (words: string) => void): Promise<string> {
    if (!this.#gate.isOpen) waiting?.(this.#words());
    await this.#gate.passed(signal);
    return this.#terms.current();
  }

  unbroken(term: string | undefined): boolean {
    return this.#gate.isOpen && this.#terms.unbroken(term);
  }

  async confirm(term: string | undefined): Promise<boolean> {
    if (this.unbroken(term)) await this.#look();
    return this.unbroken(term);
  }

  /** Undefined while locks are enforced. */
  unenforced(): Unenforced | undefined {
    return this.#gate.isOpen ? undefined : { words: this.#words(), stillAsked: this.#kept.every((kept) => kept.stillAsks()) };
  }

  /** The authorities (PEM) that somebody else has filled in, for whom our configurations leave them open. */
  injectedAuthorities(): string | undefined {
    return authoritiesOf(this.#kept[0]?.live);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    clearInterval(this.#timer);
    this.#probe?.abort();
    await Promise.all(this.#watches.map((watch) => watch.ended));
  }

  #keep(configuration: WebhookConfiguration): KeptConfiguration {
    const kept: KeptConfiguration = new KeptConfiguration(
      {
        client: this.#options.client,
        signal: this.#ending.signal,
        pauseMs: () => this.#restorations.pace(Date.now()).pauseMs,
        onBrought: (brought, drift, by) => {
          if (brought.written && drift.length > 0) this.#restored(kept.name, brought, drift.join('; '), by.join(', '));
          this.#observe(kept, brought.after);
        },
        onTrouble: (words) => this.#tell({ type: 'trouble', configuration: kept.name, words }),
      },
      configuration,
    );
    return kept;
  }

  #watch(kept: KeptConfiguration): void {
    const { client, transport } = this.#options;
    const watch = watchResource<LiveConfiguration>({
      client,
      transport,
      kind: kept.ref.kind,
      fieldSelector: `metadata.name=${kept.ref.name}`,
      signal: this.#ending.signal,
      onEvent: ({ type, object }) => {
        if (type !== 'deleted') this.#observe(kept, asRead(object));
        else if (this.#terms.isKnown(kept.name, object.metadata.uid)) this.#observe(kept, undefined);
      },
      onProblem: (error) => this.#tell({ type: 'trouble', configuration: kept.name, words: `its watch is begun anew: ${wordsOf(error)}` }),
    });
    this.#watches.push(watch);
  }

  /** Looks at all of them by quorum reads. While they cannot be read nothing goes on. */
  async #look(): Promise<void> {
    try {
      await Promise.all(this.#kept.map(async (kept) => this.#observe(kept, await kept.read())));
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      this.#unread = `they could not be read: ${wordsOf(error)}`;
      this.#shut();
      setTimeout(() => void this.#look(), LOOK_AGAIN_MS).unref();
      return;
    }
    if (this.#unread === undefined) return;
    this.#unread = undefined;
    this.#startProbe(this.#terms.lasting());
  }

  #observe(kept: KeptConfiguration, live: WebhookConfiguration | undefined): void {
    const sighting = this.#terms.see(kept.name, live, kept.isRight(live));
    if (sighting === 'stale') return;
    kept.take(live);
    if (sighting === 'unbroken') return;
    this.#shut();
    if (sighting === 'back') this.#startProbe();
    else if (!this.#ending.signal.aborted) void kept.mend();
  }

  #shut(): void {
    if (this.#gate.isOpen) this.#since = Date.now();
    this.#gate.shut();
    this.#probe?.abort();
    this.#probe = undefined;
  }

  /** Told by whoever wrote: another replica may have been faster. */
  #restored(configuration: string, { before, after }: Brought, words: string, by: string): void {
    const now = Date.now();
    this.#restorations.note(now);
    const how = before === undefined ? 'deleted' : 'altered';
    const times = this.#restorations.pace(now).flapping ? { times: this.#restorations.count(now) } : {};
    this.#tell({ type: 'restored', kept: 'locks', configuration, object: after, how, words, by, unguardedMs: now - this.#since, ...times });
  }

  /** @param earlier a term that goes on, where nothing was away since */
  #startProbe(earlier?: string): void {
    if (!this.#terms.allRight || this.#probe !== undefined || this.#unread !== undefined || this.#ending.signal.aborted) return;
    const probe = new AbortController();
    this.#probe = probe;
    void this.#untilEnforced(probe.signal, earlier).catch((error: unknown) => {
      if (!probe.signal.aborted) this.#tell({ type: 'trouble', configuration: 'Webhooks', words: wordsOf(error) });
    });
  }

  async #untilEnforced(signal: AbortSignal, earlier: string | undefined): Promise<void> {
    const { client, systemNamespace } = this.#options;
    const refused = (): Promise<void> => probeLocks(client, systemNamespace, { signal, deadlineMs: Infinity });
    await refused();
    if (earlier === undefined) {
      await pause(Math.max(PROBE_AGAIN_MS, this.#restorations.pace(Date.now()).calmMs), signal);
      await refused();
    }
    if (signal.aborted) return;
    this.#probe = undefined;
    this.#terms.begin(earlier);
    this.#gate.open();
    if (this.#told) this.#tell({ type: 'enforced', kept: 'locks', unenforcedMs: Date.now() - this.#since });
    this.#told = false;
  }

  #words(): string {
    const faults = this.#kept.flatMap((kept) => kept.words() ?? []);
    const asking = 'the webhook configurations are as they should be, and API servers are being asked whether they go by them';
    const words = this.#unread ?? (faults.length > 0 ? faults.join('. ') : asking);
    return `locks are not enforced since ${new Date(this.#since).toISOString()}: ${words}`;
  }

  #tell(event: KeeperEvent): void {
    this.#told = event.type !== 'enforced';
    this.#options.onEvent(event);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
