import type { KubeClient } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import type { ObjectRef } from '../../src/kube/object.ts';

/** What became of the writes of strangers. */
export interface Written {
  /** To objects that nobody has locked: the webhooks are never asked. */
  readonly accepted: number;
  /** To locked objects: the webhooks have answered that they are locked. */
  readonly refused: number;
  /** To locked objects, and let pass. */
  readonly passed: number;
  /** Everything else, in the API server's words. */
  readonly failed: readonly string[];
  readonly seconds: number;
}

/** Writes that go on until they are stopped. */
export interface SteadyWriters {
  stop(): Promise<Written>;
}

/** Longest that a write is waited for; milliseconds. */
const PATIENCE_MS = 30_000;
/** Writes under way at once: what comes beyond that is left out, and the rate is what it then is. */
const MOST = 100;

/** Writes `data.a` of the ConfigMaps `locked` and `free` in turn, `rate` times a second in all, or as often as the API server answers. */
export function writeSteadily(client: KubeClient, rate: number, locked: readonly ObjectRef[], free: readonly ObjectRef[]): SteadyWriters {
  const begun = performance.now();
  const under = new Set<Promise<void>>();
  const failed: string[] = [];
  let [accepted, refused, passed, sent] = [0, 0, 0, 0];

  const write = async (ref: ObjectRef, isLocked: boolean, n: number): Promise<void> => {
    try {
      await client.patch(ref, { type: 'merge', patch: { data: { a: `${String(n)} by a stranger` } } }, { timeoutMs: PATIENCE_MS });
      if (isLocked) passed += 1;
      else accepted += 1;
    } catch (error) {
      if (isLocked && isApiError(error, 423)) refused += 1;
      else failed.push(error instanceof Error ? error.message : String(error));
    }
  };
  const timer = setInterval(() => {
    const due = ((performance.now() - begun) / 1000) * rate;
    for (; sent < due; sent += 1) {
      const [list, isLocked] = sent % 2 === 0 ? [locked, true] : [free, false];
      const ref = list[Math.floor(sent / 2) % list.length];
      if (ref === undefined || under.size >= MOST) continue;
      const writing = write(ref, isLocked, sent).finally(() => under.delete(writing));
      under.add(writing);
    }
  }, 5);
  return {
    async stop() {
      clearInterval(timer);
      const seconds = (performance.now() - begun) / 1000;
      await Promise.all(under);
      return { accepted, refused, passed, failed, seconds };
    },
  };
}
