import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { pause } from '../../src/kube/pause.ts';

describe('pause', () => {
  test('resolves to true when the time is over, not before', async () => {
    const started = performance.now();
    expect(await pause(30)).toBe(true);
    expect(performance.now() - started).toBeGreaterThanOrEqual(28);
  });

  test('resolves to false as soon as the signal aborts', async () => {
    const controller = new AbortController();
    const waiting = pause(60_000, controller.signal);
    controller.abort();
    expect(await waiting).toBe(false);
  });

  test('does not begin to wait when the signal has aborted before', async () => {
    expect(await pause(60_000, AbortSignal.abort())).toBe(false);
  });

  test('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    await Promise.all([pause(1, signal), pause(2, signal)]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
