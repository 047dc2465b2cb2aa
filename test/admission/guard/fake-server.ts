import { GUARDS_CONFIGURATION_NAME } from '../../../src/admission/guard/configuration.ts';
import type { GuardKeeperOptions } from '../../../src/admission/guard/keeper.ts';
import type { WebhookConfiguration } from '../../../src/admission/webhook-configuration.ts';
import { ApiError } from '../../../src/kube/errors.ts';
import type { KubeObject, ObjectRef } from '../../../src/kube/object.ts';

/** An API server that knows one webhook configuration, and asks its probe's entry about dry runs. */
export class FakeServer {
  configuration: WebhookConfiguration | undefined;
  /** How many dry runs it still answers by the configuration it had before. */
  lag = 0;
  /** Thrown by the next write, after it has landed or before. */
  failure: { readonly error: Error; readonly landed: boolean } | undefined;
  readonly requests: string[] = [];
  #version = 0;
  #inForce: WebhookConfiguration | undefined;

  readonly client = {
    get: async (ref: ObjectRef) => this.#asked(`get ${ref.name}`, () => this.#found()),
    create: async (ref: ObjectRef, object: KubeObject, options: { readonly dryRun?: boolean } = {}) =>
      this.#asked(options.dryRun === true ? 'probe' : `create ${ref.name}`, () =>
        options.dryRun === true ? this.#probed(ref.name, object) : this.#write(object, this.configuration !== undefined),
      ),
    update: async (ref: ObjectRef, object: KubeObject) =>
      this.#asked(`update ${ref.name}`, () => {
        this.#found();
        return this.#write(object, object.metadata.resourceVersion !== this.configuration?.metadata.resourceVersion);
      }),
  } as GuardKeeperOptions['client'];

  /** The guards by name, the probe's apart. */
  get guards(): readonly string[] {
    return (this.configuration?.webhooks ?? []).map(({ name }) => name).filter((name) => name !== 'probe.guards.tx.janus.io');
  }

  /** What was asked since the last call. */
  take(): readonly string[] {
    return this.requests.splice(0);
  }

  /** Somebody edits the configuration. */
  edit(change: (configuration: WebhookConfiguration) => WebhookConfiguration): void {
    this.#write(change(this.#found()), false);
  }

  async #asked<T>(words: string, answer: () => T): Promise<T> {
    this.requests.push(words);
    await Promise.resolve();
    return answer();
  }

  #found(): WebhookConfiguration {
    if (this.configuration !== undefined) return this.configuration;
    throw new ApiError({ code: 404, reason: 'NotFound', message: 'not found', details: { name: GUARDS_CONFIGURATION_NAME } });
  }

  #write(
    object: KubeObject,
    conflict: boolean,
  ): { readonly object: KubeObject; readonly created: boolean; readonly warnings: readonly string[] } {
    if (conflict) throw new ApiError({ code: 409, reason: 'Conflict', message: 'somebody else was faster' });
    const { failure } = this;
    this.failure = undefined;
    if (failure?.landed === false) throw failure.error;
    this.#inForce = this.configuration;
    this.#version += 1;
    const written = structuredClone({ ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } });
    this.configuration = written as WebhookConfiguration;
    if (failure !== undefined) throw failure.error;
    return { object: structuredClone(written), created: false, warnings: [] };
  }

  #probed(
    name: string,
    object: KubeObject,
  ): { readonly object: KubeObject; readonly created: boolean; readonly warnings: readonly string[] } {
    const inForce = this.lag > 0 ? this.#inForce : this.configuration;
    this.lag = Math.max(0, this.lag - 1);
    const probe = inForce?.webhooks.find((webhook) => webhook.name === 'probe.guards.tx.janus.io');
    const expression = (probe?.['matchConditions'] as readonly { readonly expression: string }[] | undefined)?.[0]?.expression ?? '';
    const version = Number(/<= (\d+)\)$/.exec(expression)?.[1] ?? -1);
    if (Number(name.slice('janus-guard-probe-'.length)) > version) return { object, created: true, warnings: [] };
    throw new ApiError({
      code: 403,
      reason: 'Forbidden',
      message: 'admission webhook "probe.guards.tx.janus.io" denied the request: a probe',
    });
  }
}
