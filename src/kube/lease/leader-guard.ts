import type { Election } from './election.ts';

/** Somebody else leads, or nobody does: what was asked for is not ours to do. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
}

/** Lets things happen only while this process leads. */
export interface LeaderGuard {
  /** @throws NotLeaderError when this process does not lead at this moment */
  check(): void;
  /**
   * Runs `task` if this process leads. Its signal aborts when leadership is lost; whatever it returns after that is thrown away.
   * @throws NotLeaderError when this process does not lead, before or at the end
   */
  run<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** The signal of the term that runs or of the next one; undefined when `signal` aborts before there is any. */
  term(signal?: AbortSignal): Promise<AbortSignal | undefined>;
  /** To be called with each new term: give it to the election as `onLeading`. */
  readonly onLeading: (term: AbortSignal) => void;
}

/** @param election asked at each call, so that it may be made after the guard */
export function leaderGuard(election: () => Pick<Election, 'leading' | 'holder' | 'identity'>): LeaderGuard {
  let current: AbortSignal | undefined;
  const waiting = new Set<(term: AbortSignal) => void>();

  const check = (): void => {
    const { identity } = election();
    if (election().leading()) return;
    throw new NotLeaderError(`${identity} does not lead: ${election().holder() ?? 'nobody'} does`);
  };

  return {
    check,
    async run(task) {
      check();
      const result = await task(current ?? AbortSignal.abort());
      check();
      return result;
    },
    term(signal) {
      if (current?.aborted === false) return Promise.resolve(current);
      if (signal?.aborted === true) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const end = (term: AbortSignal | undefined): void => {
          waiting.delete(end);
          signal?.removeEventListener('abort', onAbort);
          resolve(term);
        };
        const onAbort = (): void => end(undefined);
        waiting.add(end);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    onLeading(term) {
      current = term;
      for (const end of [...waiting]) end(term);
    },
  };
}
