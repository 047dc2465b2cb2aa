import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError, isTransient } from '../../kube/errors.ts';
import type { ObjectRef } from '../../kube/object.ts';
import { retrying } from '../../kube/retry.ts';
import { DIGEST_ANNOTATION, digestOf } from '../drift.ts';
import { FIELD_MANAGER } from '../registration.ts';
import type { Reach, Webhook, WebhookConfiguration } from '../webhook-configuration.ts';
import {
  emptyGuards,
  GUARDS_CONFIGURATION_NAME,
  probeWebhook,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
  VERSION_ANNOTATION,
  versionOf,
  webhooksOf,
} from './configuration.ts';
import { mergedGuards, standingGuards, type Wanted } from './merge.ts';
import { tamperingOf, type Tampering } from './tampering.ts';

/** Where the configuration of the guards is. */
export const GUARDS_REF: ObjectRef = { kind: VALIDATING_WEBHOOK_CONFIGURATIONS, name: GUARDS_CONFIGURATION_NAME };

export interface GuardsWriterOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'update'>;
  /** Janus's own namespace. */
  readonly systemNamespace: string;
  /** How API servers reach us now. */
  readonly reach: () => Reach;
  /** Throws once another process leads: what is wanted here is no longer to be written. */
  readonly mayAct?: () => void;
  readonly now?: () => number;
}

/** Who hears what others do to the configuration. */
export interface TamperingListener {
  /** Something is not as it was left, and is about to be put right. */
  found(tampering: Tampering): void;
  /** It was put right: `configuration` is what there is now. */
  restored(tampering: Tampering, configuration: WebhookConfiguration): void;
}

/** The configuration `janus-guards` as last read or written, and the one way in which it is written: by compare-and-swap on the resourceVersion. */
export class GuardsWriter {
  readonly #options: GuardsWriterOptions;
  #known: WebhookConfiguration | undefined;
  /** Somebody else may have written as often as this; how many of these times it was looked at since. */
  #doubts = 0;
  #settled = 0;
  #listener: TamperingListener | undefined;

  constructor(options: GuardsWriterOptions) {
    this.#options = options;
  }

  /** As last read or written; undefined where there was none. */
  get known(): WebhookConfiguration | undefined {
    return this.#known;
  }

  tell(listener: TamperingListener): void {
    this.#listener = listener;
  }

  /** The next write begins with a look at what is there. */
  doubt(): void {
    this.#doubts += 1;
  }

  async begin(): Promise<void> {
    this.#known = await this.#read();
  }

  /** Brings it to what is wanted, again where somebody else was faster, or has deleted it. Returns the version that is there now. */
  write(wanted: Wanted): Promise<number> {
    return retrying(
      async () => {
        try {
          return await this.#swap(wanted);
        } catch (error) {
          this.doubt();
          throw error;
        }
      },
      { attempts: 10, baseMs: 10, maxMs: 1_000, retryable: (error) => isTransient(error) || isApiError(error, 404, 409) },
    );
  }

  async #swap(wanted: Wanted): Promise<number> {
    const { reach, now = Date.now } = this.#options;
    const doubts = this.#doubts;
    const known = this.#known;
    const live = doubts > this.#settled ? await this.#read() : known;
    const tampering = isSame(live, known) ? undefined : tamperingOf(live, known);
    if (tampering !== undefined) this.#listener?.found(tampering);
    const there = webhooksOf(live);
    const guards = mergedGuards(tampering === undefined ? there : standingGuards(webhooksOf(known), there), wanted, reach());
    if (isDeepStrictEqual(there, this.#withProbe(guards, versionOf(live)))) this.#known = live;
    else {
      const version = Math.max(versionOf(live) + 1, versionOf(known) + 1, now());
      const written = await this.#send(live, this.#withProbe(guards, version), version);
      this.#known = written;
      if (tampering !== undefined) this.#listener?.restored(tampering, written);
    }
    this.#settled = doubts;
    return versionOf(this.#known);
  }

  #withProbe(guards: readonly Webhook[], version: number): readonly Webhook[] {
    const { systemNamespace, reach } = this.#options;
    return guards.length === 0 ? [] : [...guards, probeWebhook(version, systemNamespace, reach())];
  }

  async #send(live: WebhookConfiguration | undefined, webhooks: readonly Webhook[], version: number): Promise<WebhookConfiguration> {
    const { client, mayAct } = this.#options;
    const base = live ?? emptyGuards();
    const annotations = { ...base.metadata.annotations, [VERSION_ANNOTATION]: String(version), [DIGEST_ANNOTATION]: digestOf(webhooks) };
    const next = { ...base, metadata: { ...base.metadata, annotations }, webhooks };
    const options = { fieldManager: FIELD_MANAGER };
    mayAct?.();
    const { object } = await (live === undefined
      ? client.create<WebhookConfiguration>(GUARDS_REF, next, options)
      : client.update<WebhookConfiguration>(GUARDS_REF, next, options));
    return object;
  }

  async #read(): Promise<WebhookConfiguration | undefined> {
    try {
      return await retrying(() => this.#options.client.get<WebhookConfiguration>(GUARDS_REF));
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      throw error;
    }
  }
}

function isSame(live: WebhookConfiguration | undefined, known: WebhookConfiguration | undefined): boolean {
  return live?.metadata.resourceVersion === known?.metadata.resourceVersion;
}
