import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ApiError, TransportError } from '../../src/kube/errors.ts';
import { backoffMs, retrying } from '../../src/kube/retry.ts';

const lost = new TransportError('no answer', { neverSent: false });
const answered = (code: number, retryAfterSeconds?: number): ApiError =>
  new ApiError({
    code,
    reason: '',
    message: `answered ${code}`,
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
  });

/** Fails with these errors one after the other, then succeeds with the number of the attempt. */
function failing(...errors: readonly Error[]): (attempt: number) => Promise<number> {
  return (attempt) => {
    const error = errors[attempt - 1];
    return error === undefined ? Promise.resolve(attempt) : Promise.reject(error);
  };
}

const QUICK = { baseMs: 1, random: () => 0 };

describe('retrying', () => {
  test('calls once when the first call succeeds', async () => {
    expect(await retrying(failing(), QUICK)).toBe(1);
  });

  test.each([
    ['no answer', lost],
    ['429', answered(429)],
    ['500', answered(500)],
    ['503', answered(503)],
    ['504', answered(504)],
    ['a 409 that says "try again"', new ApiError({ code: 409, reason: 'ServerTimeout', message: 'try again' })],
  ])('calls again after %s', async (_what, error) => {
    expect(await retrying(failing(error, error), QUICK)).toBe(3);
  });

  test.each([400, 401, 403, 404, 409, 410, 422, 423])('does not call again after %d: the same call would fail again', async (code) => {
    let calls = 0;
    const call = (): Promise<never> => {
      calls += 1;
      return Promise.reject(answered(code));
    };
    await expect(retrying(call, QUICK)).rejects.toThrow(`answered ${code}`);
    expect(calls).toBe(1);
  });

  test('does not call again after an error that is not about the server', async () => {
    await expect(retrying(failing(new TypeError('a mistake of ours')), QUICK)).rejects.toThrow('a mistake of ours');
  });

  test('gives up after as many calls as asked, with the last error', async () => {
    await expect(retrying(failing(lost, answered(500), answered(503)), { ...QUICK, attempts: 3 })).rejects.toThrow('answered 503');
  });

  test('gives up after five calls unless told otherwise', async () => {
    let calls = 0;
    await expect(
      retrying(() => {
        calls += 1;
        return Promise.reject(lost);
      }, QUICK),
    ).rejects.toBe(lost);
    expect(calls).toBe(5);
  });

  test('begins no call after the deadline', async () => {
    let clock = 0;
    let calls = 0;
    const call = (): Promise<never> => {
      calls += 1;
      clock += 400;
      return Promise.reject(lost);
    };
    await expect(retrying(call, { ...QUICK, deadlineMs: 1_000, now: () => clock })).rejects.toBe(lost);
    expect(calls).toBe(3);
  });

  test('waits at least as long as the server asks', async () => {
    const waits: number[] = [];
    const controller = new AbortController();
    const options = {
      ...QUICK,
      signal: controller.signal,
      onRetry: ({ waitMs }: { readonly waitMs: number }) => {
        waits.push(waitMs);
        controller.abort();
      },
    };
    await expect(retrying(failing(answered(429, 7)), options)).rejects.toThrow('answered 429');
    expect(waits).toEqual([7_000]);
  });

  test('does not begin to wait for longer than its deadline allows', async () => {
    const started = performance.now();
    await expect(retrying(failing(answered(429, 3_600)), { deadlineMs: 60_000 })).rejects.toThrow('answered 429');
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  test('stops waiting when its signal aborts, with the error it was waiting for', async () => {
    const controller = new AbortController();
    const call = retrying(failing(lost), {
      baseMs: 60_000,
      random: () => 0.99,
      signal: controller.signal,
      onRetry: () => setImmediate(() => controller.abort()),
    });
    await expect(call).rejects.toBe(lost);
  });

  test('lets the caller say what is worth another call', async () => {
    const conflict = answered(409);
    expect(await retrying(failing(conflict), { ...QUICK, retryable: (error) => error === conflict })).toBe(2);
  });

  test('tells of each further call before it waits', async () => {
    const told: unknown[] = [];
    await retrying(failing(lost, lost), { ...QUICK, onRetry: ({ attempt, error }) => void told.push([attempt, error]) });
    expect(told).toEqual([
      [1, lost],
      [2, lost],
    ]);
  });
});

describe('backoffMs', () => {
  test('stays between 0 and its bound, which doubles up to the maximum', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, chance) => {
        const wait = backoffMs(attempt, { baseMs: 100, maxMs: 10_000, random: () => chance });
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(Math.min(10_000, 100 * 2 ** (attempt - 1)));
      }),
    );
  });

  test('spreads over the whole range, so that those who failed together do not come back together', () => {
    expect([0, 0.5, 0.99].map((chance) => backoffMs(4, { baseMs: 100, random: () => chance }))).toEqual([0, 400, 792]);
  });
});
