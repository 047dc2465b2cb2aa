import { describe, expect, test } from 'vitest';
import type { Reviewed } from '../../src/admission/handle.ts';
import { handleReview } from '../../src/admission/handle.ts';
import { allow, undecided } from '../../src/admission/verdict.ts';
import { reviewBody, UID } from './reviews.ts';

describe('a review that is handled', () => {
  test('is observed with its rule, outcome, duration and whether it was a dry run', async () => {
    const seen: Reviewed[] = [];
    await handleReview('/p', reviewBody({ dryRun: true }), () => Promise.resolve(allow('why')), { reviewed: (event) => seen.push(event) });
    expect(seen).toEqual([{ path: '/p', rule: 'why', allowed: true, milliseconds: expect.any(Number) as number, dryRun: true }]);
    expect(seen[0]?.milliseconds).toBeGreaterThanOrEqual(0);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('secret inside');
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret inside'))],
    ['rejects with nothing', () => Promise.reject(undefined as unknown as Error)],
    [
      'overflows the stack',
      () => {
        const again = (n: number): number => again(n + 1) + 1;
        again(0);
        throw new Error('unreachable');
      },
    ],
    ['answers nothing', () => Promise.resolve(undefined as never)],
  ])('is denied when its handler %s', async (_what, handler) => {
    const faults: unknown[] = [];
    const { response } = await handleReview('/p', reviewBody(), handler, {
      faulted: (_path, _uid, error) => faults.push(error),
    });
    expect(response).toMatchObject({ uid: UID, allowed: false, status: { code: 500, reason: 'InternalError' } });
    expect(JSON.stringify(response)).not.toContain('secret');
    expect(faults).toHaveLength(1);
  });

  test('reports the inner error of a denial, and does not answer with it', async () => {
    const faults: unknown[] = [];
    const { response } = await handleReview('/p', reviewBody(), () => Promise.resolve(undecided('r', 'try again', 'inner')), {
      faulted: (path, uid, error) => faults.push([path, uid, error]),
    });
    expect(faults).toEqual([['/p', UID, 'inner']]);
    expect(JSON.stringify(response)).not.toContain('inner');
  });

  test('is answered although the observer is broken', async () => {
    const broken = (): never => {
      throw new Error('log is full');
    };
    const allowed = await handleReview('/p', reviewBody(), () => Promise.resolve(allow('r')), { reviewed: broken, faulted: broken });
    const denied = await handleReview('/p', reviewBody(), () => Promise.reject(new Error('x')), { reviewed: broken, faulted: broken });
    expect([allowed.response.allowed, denied.response.allowed]).toEqual([true, false]);
  });

  test('is denied with 400 when it is malformed but has a uid', async () => {
    const body = reviewBody();
    const { response } = await handleReview('/p', { ...body, request: { uid: 'u' } }, () => Promise.resolve(allow('r')), {});
    expect(response).toMatchObject({ uid: 'u', allowed: false, status: { code: 400, reason: 'BadRequest' } });
  });

  test('cannot be answered without a uid', async () => {
    await expect(handleReview('/p', {}, () => Promise.resolve(allow('r')), {})).rejects.toThrow('AdmissionReview');
  });
});
