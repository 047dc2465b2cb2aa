import type { KubeClient, Written } from '../../../src/kube/client.ts';
import { ApiError, TransportError } from '../../../src/kube/errors.ts';
import { holderOf, type Lease } from '../../../src/kube/lease/lease.ts';
import type { KubeObject } from '../../../src/kube/object.ts';

/** An API server with one Lease, which can be made to fail. */
export interface OneLease {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'update'>;
  lease(): Lease | undefined;
  /** Writes that took effect. */
  readonly writes: number;
  edit(change: (lease: Lease) => Lease): void;
  remove(): void;
  /** The next requests get an error, and have no effect. */
  fail(times: number): void;
  /** The next writes take effect, and their answers are lost. */
  loseAnswers(times: number): void;
  /** Writes that would make this one the holder are not answered within their time any more, and have no effect. */
  cut(identity: string): void;
}

export function oneLease(): OneLease {
  let stored: Lease | undefined;
  let version = 0;
  let writes = 0;
  let failing = 0;
  let losing = 0;
  let cutOff: string | undefined;

  const store = (object: KubeObject): Lease => {
    version += 1;
    return (stored = { ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion: String(version) } } as Lease);
  };
  const refuse = (code: number): never => {
    throw new ApiError({ code, reason: 'Test', message: `answered ${String(code)}` });
  };
  const unanswered = (): never => {
    throw new TransportError('no answer', { neverSent: false });
  };
  const begin = (): void => {
    if (failing === 0) return;
    failing -= 1;
    refuse(500);
  };
  const write = async (object: KubeObject, timeoutMs: number): Promise<Written> => {
    begin();
    if (holderOf(object) === cutOff && cutOff !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, timeoutMs));
      unanswered();
    }
    if (stored?.metadata.resourceVersion !== object.metadata.resourceVersion) refuse(409);
    const written = store(object);
    writes += 1;
    if (losing > 0) {
      losing -= 1;
      unanswered();
    }
    return { object: written, created: version === 1, warnings: [] };
  };

  const client = {
    get: () =>
      Promise.resolve()
        .then(begin)
        .then(() => stored ?? refuse(404)),
    create: (_ref: unknown, object: KubeObject, options: { timeoutMs?: number } = {}) => write(object, options.timeoutMs ?? 0),
    update: (_ref: unknown, object: KubeObject, options: { timeoutMs?: number } = {}) => write(object, options.timeoutMs ?? 0),
  } as unknown as OneLease['client'];

  return {
    client,
    lease: () => stored,
    get writes() {
      return writes;
    },
    edit(change) {
      if (stored !== undefined) store(change(stored));
    },
    remove: () => void (stored = undefined),
    fail: (times) => void (failing = times),
    loseAnswers: (times) => void (losing = times),
    cut: (identity) => void (cutOff = identity),
  };
}
