import type { KubeClient } from '../../kube/client.ts';
import type { ObjectEvent } from '../../kube/object-store.ts';
import { pause } from '../../kube/pause.ts';
import { watchResource, type Reflector } from '../../kube/reflector.ts';
import { backoffMs } from '../../kube/retry.ts';
import type { Transport } from '../../kube/transport.ts';
import type { KeeperEvent } from '../keeper-event.ts';
import type { LiveConfiguration } from '../registration.ts';
import { Restorations } from '../restoring-pace.ts';
import type { WebhookConfiguration } from '../webhook-configuration.ts';
import type { GuardedEnforcement } from './enforcement.ts';
import type { GuardKeeper } from './keeper.ts';
import type { Tampering } from './tampering.ts';
import { GUARDS_REF } from './writer.ts';

export interface GuardRestoringOptions {
  readonly client: KubeClient;
  readonly transport: Transport;
  readonly keeper: GuardKeeper;
  /** Learns when guards are away, and when they are up again. */
  readonly enforcement: GuardedEnforcement;
  readonly onEvent: (event: KeeperEvent) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const CONFIGURATION = `${GUARDS_REF.kind.kind} ${GUARDS_REF.name}`;

/** Between looks that do not rely on the watch, while there are guards. */
const LOOK_EVERY_MS = 10_000;
const RETRY_BASE_MS = 50;
const RETRY_MAX_MS = 1_000;

/**
 * Watches the guards of the executor that leads, and puts right what somebody else does to them: deleted or edited, they are up
 * again and in force before any transaction goes on.
 */
export class GuardRestoring {
  readonly #options: GuardRestoringOptions;
  readonly #ending = new AbortController();
  readonly #restorations = new Restorations();
  readonly #watch: Reflector<LiveConfiguration>;
  readonly #timer: NodeJS.Timeout;
  /** How often something was found, so that what is found while it is put right is put right as well. */
  #found = 0;
  #since = 0;
  #mending = false;
  #trouble: string | undefined;

  constructor(options: GuardRestoringOptions) {
    const { client, transport, keeper } = options;
    this.#options = options;
    keeper.tell({
      found: (tampering) => this.#take(tampering),
      restored: (tampering, configuration) => this.#restored(tampering, configuration),
    });
    this.#watch = watchResource<LiveConfiguration>({
      client,
      transport,
      kind: GUARDS_REF.kind,
      fieldSelector: `metadata.name=${GUARDS_REF.name}`,
      signal: this.#ending.signal,
      onEvent: (event) => void this.#observe(event),
      onProblem: (error) => this.#tellTrouble(`its watch is begun anew: ${wordsOf(error)}`),
    });
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    clearInterval(this.#timer);
    await this.#watch.ended;
  }

  async #observe(event: ObjectEvent<LiveConfiguration>): Promise<void> {
    try {
      const tampering = await this.#options.keeper.tampering(event);
      if (tampering !== undefined) this.#take(tampering);
    } catch {
      // Nothing is known of what should be there: whoever needs to know begins with a look of their own.
    }
  }

  async #look(): Promise<void> {
    const { keeper } = this.#options;
    try {
      if ((await keeper.holders()).length > 0) await keeper.restore();
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#tellTrouble(`it could not be looked at: ${wordsOf(error)}`);
    }
  }

  #take({ opened, faults }: Tampering): void {
    if (this.#ending.signal.aborted) return;
    const { enforcement } = this.#options;
    if (!this.#mending) this.#since = this.#options.now();
    this.#found += 1;
    const since = new Date(this.#since).toISOString();
    if (opened) enforcement.opened(`guards are away since ${since}: ${CONFIGURATION}: ${faults.join('; ')}`);
    void this.#mend();
  }

  /** Runs once at a time, until what was found last is put right and in force. */
  async #mend(): Promise<void> {
    if (this.#mending) return;
    this.#mending = true;
    let failures = 0;
    for (let handled = -1; handled < this.#found;) {
      const found = this.#found;
      const { pauseMs } = this.#restorations.pace(this.#options.now());
      const waitMs = failures === 0 ? pauseMs : backoffMs(failures, { baseMs: RETRY_BASE_MS, maxMs: RETRY_MAX_MS });
      if (!(await pause(waitMs, this.#ending.signal))) return;
      if (await this.#restore()) {
        failures = 0;
        handled = found;
      } else failures += 1;
    }
    this.#mending = false;
    this.#trouble = undefined;
    if (this.#options.enforcement.isWhole) return;
    this.#options.enforcement.restored();
    this.#options.onEvent({ type: 'enforced', kept: 'guards', unenforcedMs: this.#options.now() - this.#since });
  }

  async #restore(): Promise<boolean> {
    const { keeper } = this.#options;
    try {
      await keeper.restore();
      await keeper.inForce();
      return await pause(this.#restorations.pace(this.#options.now()).calmMs, this.#ending.signal);
    } catch (error) {
      const words = `it could not be restored: ${wordsOf(error)}`;
      if (this.#trouble !== words && !this.#ending.signal.aborted) this.#tellTrouble(words);
      this.#trouble = words;
      return false;
    }
  }

  #restored({ how, faults, by }: Tampering, object: WebhookConfiguration): void {
    const now = this.#options.now();
    this.#restorations.note(now);
    const times = this.#restorations.pace(now).flapping ? { times: this.#restorations.count(now) } : {};
    this.#options.onEvent({
      type: 'restored',
      kept: 'guards',
      configuration: CONFIGURATION,
      object,
      how,
      words: faults.join('; '),
      by: by.join(', '),
      unguardedMs: now - this.#since,
      ...times,
    });
  }

  #tellTrouble(words: string): void {
    this.#options.onEvent({ type: 'trouble', configuration: CONFIGURATION, words });
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
