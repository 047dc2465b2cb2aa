import { inParallel } from '../kube/limit.ts';
import { Fault } from './fault.ts';

/**
 * `read` of every item.
 *
 * @throws one Fault with all the sentences, a line each, where there are any: a person corrects a file once.
 */
export function gather<T, R>(items: readonly T[], read: (item: T) => R): readonly R[] {
  return together(
    items.map((item): Attempt<R> => {
      try {
        return { value: read(item) };
      } catch (reason) {
        return { reason };
      }
    }),
  );
}

/** Items under way at once. */
const CONCURRENCY = 8;

/** `gather` of what takes time, several at once. */
export async function gatherAsync<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<readonly R[]> {
  const outcomes = await inParallel(items, CONCURRENCY, read);
  return together(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? { value: outcome.value } : { reason: outcome.reason })));
}

type Attempt<R> = { readonly value: R } | { readonly reason: unknown };

function together<R>(attempts: readonly Attempt<R>[]): readonly R[] {
  const reasons = attempts.flatMap((attempt) => ('reason' in attempt ? [attempt.reason] : []));
  const [first] = reasons;
  if (reasons.length === 0) return attempts.flatMap((attempt) => ('value' in attempt ? [attempt.value] : []));
  const faults = reasons.map((reason) => {
    if (reason instanceof Fault) return reason.message;
    throw reason;
  });
  throw reasons.length === 1 ? first : new Fault([...new Set(faults)].join('\n'));
}
