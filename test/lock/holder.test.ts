import { describe, expect, test } from 'vitest';
import { ApiError, type ApiStatus } from '../../src/kube/errors.ts';
import { statusOf } from '../../src/lock/denial.ts';
import { lockedByCause, lockHolderOf } from '../../src/lock/holder.ts';
import { configMap, decisionOn, foundRecord, LABEL, recordOf, TX, written } from './scenario.ts';

const locked = configMap({ label: LABEL });
const status = (causes: unknown): ApiStatus => ({ code: 423, reason: 'Locked', message: 'm', details: { causes } }) as ApiStatus;

describe('who holds a lock', () => {
  test('is told by every refusal, delayed or not', () => {
    for (const foreignWrites of ['Deny', 'Delay'] as const) {
      const decision = decisionOn({
        before: locked,
        after: written(locked, { data: {} }),
        lookups: { [TX]: foundRecord(recordOf({ foreignWrites })) },
      });
      if (decision.allow) throw new Error('allowed');
      expect(lockHolderOf(new ApiError(statusOf(decision)).status)).toEqual({ transaction: TX, since: '2026-01-01T00:00:00Z' });
    }
  });

  test('is found among other causes', () => {
    expect(lockHolderOf(status([null, { reason: 'Other' }, lockedByCause(recordOf())]))).toEqual({
      transaction: TX,
      since: '2026-01-01T00:00:00Z',
    });
  });

  test.each<[string, unknown]>([
    ['no causes', undefined],
    ['causes that are no list', 'LockedBy'],
    ['another reason', [{ reason: 'GrantRefused', field: TX, message: '2026-01-01T00:00:00Z' }]],
    ['a holder that is no uid', [{ reason: 'LockedBy', field: 'checkout', message: '2026-01-01T00:00:00Z' }]],
    ['a time that is none', [{ reason: 'LockedBy', field: TX, message: 'yesterday' }]],
    ['nothing but a reason', [{ reason: 'LockedBy' }]],
  ])('is unknown from %s', (_, causes) => {
    expect(lockHolderOf(status(causes))).toBeUndefined();
  });

  test('is unknown from an answer without details', () => {
    expect(lockHolderOf({ code: 403, reason: 'Forbidden', message: 'no' })).toBeUndefined();
  });
});

describe('the status of a denial', () => {
  test('has no details where there are none to tell', () => {
    expect(statusOf({ allow: false, rule: 'r', code: 403, reason: 'Forbidden', message: 'm' })).toEqual({
      code: 403,
      reason: 'Forbidden',
      message: 'm',
    });
  });

  test('never tells what went wrong inside', () => {
    expect(
      statusOf({ allow: false, rule: 'r', code: 500, reason: 'InternalError', message: 'm', error: new Error('secret') }),
    ).not.toHaveProperty('error');
  });

  test('carries the time to wait', () => {
    expect(statusOf({ allow: false, rule: 'r', code: 429, reason: 'TooManyRequests', message: 'm', retryAfterSeconds: 3 }).details).toEqual(
      { retryAfterSeconds: 3 },
    );
  });
});
