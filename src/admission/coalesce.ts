interface Lane<T> {
  running: Promise<T>;
  next?: Promise<T>;
}

/**
 * Shares reads by key, one in flight for each. A caller only ever gets the answer of a read that was sent after the call: one that
 * is under way already may have seen the world before whatever made the caller ask, so callers that find one wait for the next.
 */
export function coalesceReads<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const lanes = new Map<string, Lane<T>>();

  const run = (key: string, lane: Lane<T> | undefined): Promise<T> => {
    const running = read(key);
    const current = lane ?? { running };
    current.running = running;
    delete current.next;
    lanes.set(key, current);
    void settled(running).then(() => {
      if (current.running === running && current.next === undefined) lanes.delete(key);
    });
    return running;
  };

  return (key) => {
    const lane = lanes.get(key);
    if (lane === undefined) return run(key, undefined);
    lane.next ??= settled(lane.running).then(() => run(key, lane));
    return lane.next;
  };
}

async function settled(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    // Its own callers are told; here only the end matters.
  }
}
