import type { KubeClient } from '../client.ts';
import { isApiError } from '../errors.ts';
import type { ObjectRef } from '../object.ts';
import { claimed, freed, freshLease, holderOf, type Claim, type Lease } from './lease.ts';

/** One Lease, read and changed by compare-and-swap with what was last seen of it. */
export class LeaseStore {
  readonly #client: Pick<KubeClient, 'get' | 'create' | 'update'>;
  readonly #ref: ObjectRef;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  #last: Lease | undefined;

  /** @param labels put on the Lease if it is made here */
  constructor(
    client: Pick<KubeClient, 'get' | 'create' | 'update'>,
    ref: ObjectRef,
    labels: Readonly<Record<string, string>>,
    timeoutMs: number,
  ) {
    this.#client = client;
    this.#ref = ref;
    this.#labels = labels;
    this.#timeoutMs = timeoutMs;
  }

  /** As last read or written; undefined where there is none. */
  get last(): Lease | undefined {
    return this.#last;
  }

  async read(): Promise<Lease | undefined> {
    try {
      this.#last = await this.#client.get<Lease>(this.#ref, { timeoutMs: this.#timeoutMs });
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
      this.#last = undefined;
    }
    return this.#last;
  }

  /** Takes or keeps it. @throws ApiError 404 or 409 when it is not what was last seen */
  async claim(claim: Claim): Promise<Lease> {
    const options = { timeoutMs: this.#timeoutMs };
    const { object } =
      this.#last === undefined
        ? await this.#client.create<Lease>(this.#ref, freshLease(this.#ref, claim, this.#labels), options)
        : await this.#client.update<Lease>(this.#ref, claimed(this.#last, claim), options);
    return (this.#last = object);
  }

  /** Gives it back, if `identity` holds it. */
  async free(identity: string, now: Date): Promise<void> {
    const before = this.#last;
    if (before === undefined || holderOf(before) !== identity) return;
    try {
      this.#last = (await this.#client.update<Lease>(this.#ref, freed(before, now), { timeoutMs: this.#timeoutMs })).object;
    } catch (error) {
      // A renewal landed without an answer, or somebody has edited it: once more from what is there.
      if (!isApiError(error, 404, 409)) throw error;
      const found = await this.read();
      if (found?.metadata.resourceVersion !== before.metadata.resourceVersion) await this.free(identity, now);
    }
  }
}
