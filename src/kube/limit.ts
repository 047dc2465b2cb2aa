/** What became of one item: the shape of `Promise.allSettled`, with the item. */
export type Outcome<T, R> =
  | { readonly item: T; readonly status: 'fulfilled'; readonly value: R }
  | { readonly item: T; readonly status: 'rejected'; readonly reason: unknown };

/**
 * Runs `fn` for every item, at most `concurrency` at a time, started in order. Resolves when all have ended, with one outcome an
 * item in the order of the items; never rejects, so the caller decides what an error means.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  concurrency: number,
  fn: (item: T, index: number) => Promise<R>,
): Promise<readonly Outcome<T, R>[]> {
  if (!(concurrency >= 1)) throw new RangeError(`concurrency must be at least 1, not ${concurrency}`);
  const outcomes = new Array<Outcome<T, R>>(items.length);
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    // All workers share one iterator: each takes the next item as soon as it is free.
    for (const [index, item] of queue) outcomes[index] = await settle(item, index, fn);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  return outcomes;
}

/** The values, in order; throws the first error (in the order of the items) if there is any. */
export function valuesOf<T, R>(outcomes: readonly Outcome<T, R>[]): R[] {
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

async function settle<T, R>(item: T, index: number, fn: (item: T, index: number) => Promise<R>): Promise<Outcome<T, R>> {
  try {
    return { item, status: 'fulfilled', value: await fn(item, index) };
  } catch (reason) {
    return { item, status: 'rejected', reason };
  }
}
