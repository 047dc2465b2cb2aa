import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLUSTER_CONTROLLERS, isListed, mustNotWait } from '../../src/lock/controllers.ts';
import { expectedRemainingSeconds, retryAfterSeconds } from '../../src/lock/delay.ts';
import type { Progress } from '../../src/lock/record.ts';
import { configMap, decisionOn, foundRecord, granted, LABEL, NOW, outcomeOf, recordOf, TX, USERS, written, type Case } from './scenario.ts';

const locked = configMap({ label: LABEL });
const delayed = (more: Partial<Case> = {}, record: Parameters<typeof recordOf>[0] = {}): Case => ({
  before: locked,
  after: written(locked, { data: {} }),
  lookups: { [TX]: foundRecord(recordOf({ foreignWrites: 'Delay', ...record })) },
  ...more,
});

describe('the manner of a denial', () => {
  test.each<[string, Case, string]>([
    ['delays people', delayed(), 'deny held 429'],
    ['delays cluster administrators', delayed({ by: 'admin' }), 'deny held 429'],
    ["delays other operators' ServiceAccounts", delayed({ by: 'flux' }), 'deny held 429'],
    ['delays deletes', delayed({ after: undefined }), 'deny held 429'],
    ['never delays dry runs', delayed({ dryRun: true }), 'deny held 423'],
    ["never delays the cluster's controllers", delayed({ by: 'controller' }), 'deny held 423'],
    ['never delays kubelets', delayed({ by: 'kubelet' }), 'deny held 423'],
    ['never delays an executor', delayed({ by: 'executor', grant: granted('apply', { attempt: 1 }) }), 'deny grant-apply 403'],
    ['never delays while a failed transaction waits for a person', delayed({}, { phase: 'Failed' }), 'deny held 423'],
    ['never delays where it was not asked for', delayed({}, { foreignWrites: 'Deny' }), 'deny held 423'],
  ])('%s', (_, given, outcome) => {
    expect(outcomeOf(decisionOn(given))).toBe(outcome);
  });

  test('of a delay is one that clients understand', () => {
    expect(decisionOn(delayed())).toMatchObject({ reason: 'TooManyRequests', retryAfterSeconds: 6 });
  });

  test('of a refusal is one that kubectl prints at once', () => {
    expect(decisionOn(delayed({ dryRun: true }))).toMatchObject({ reason: 'Locked' });
    expect(decisionOn(delayed({ dryRun: true }))).not.toHaveProperty('retryAfterSeconds');
  });
});

describe('who must not wait', () => {
  const user = (username: string, groups: readonly string[] = []) => ({ username, groups, extra: {} });
  test.each([
    ['system:kube-controller-manager', [], true],
    ['system:kube-scheduler', [], true],
    ['system:node:one', [], true],
    ['system:apiserver', [], true],
    ['system:serviceaccount:kube-system:generic-garbage-collector', ['system:serviceaccounts:kube-system'], true],
    ['system:serviceaccount:shop:deployer', ['system:serviceaccounts:shop'], false],
    ['system:admin', ['system:masters'], false],
    ['admin', ['system:masters'], false],
    ['alice', [], false],
    ['', [], false],
  ])('%s %j: %s', (username, groups, expected) => {
    expect(mustNotWait(user(username, groups), CLUSTER_CONTROLLERS)).toBe(expected);
  });

  test('includes who was configured', () => {
    expect(mustNotWait(user('argo'), { users: ['argo'], groups: [] })).toBe(true);
    expect(mustNotWait(user('x', ['operators']), { users: [], groups: ['operators'] })).toBe(true);
  });

  test('is not the question of who is a controller: cluster administrators are people', () => {
    expect(isListed({ ...USERS.admin, extra: {} }, CLUSTER_CONTROLLERS)).toBe(false);
    expect(isListed(user('system:admin', ['system:masters']), CLUSTER_CONTROLLERS)).toBe(false);
    expect(isListed({ ...USERS.controller, extra: {} }, CLUSTER_CONTROLLERS)).toBe(true);
  });
});

describe('the time a lock is expected to hold yet', () => {
  const record = recordOf();
  test('is as long again as it has lasted, where nothing more is known', () => {
    expect(expectedRemainingSeconds(record, undefined, NOW)).toBe(12);
    expect(expectedRemainingSeconds(record, { committed: 0, total: 10 }, NOW)).toBe(12);
  });

  test('follows from the progress where that is known', () => {
    expect(expectedRemainingSeconds(record, { committed: 3, total: 10 }, NOW)).toBe(28);
  });

  test('is as long again where all changes are made and their health is waited for', () => {
    expect(expectedRemainingSeconds(record, { committed: 10, total: 10 }, NOW)).toBe(12);
  });

  test('does not follow from the progress while it rolls back', () => {
    expect(expectedRemainingSeconds(recordOf({ phase: 'RollingBack' }), { committed: 3, total: 10 }, NOW)).toBe(12);
  });

  test('is no longer than to the deadline while that lies ahead', () => {
    expect(expectedRemainingSeconds(recordOf({ deadline: '2026-01-01T00:00:15Z' }), undefined, NOW)).toBe(3);
    expect(expectedRemainingSeconds(recordOf({ deadline: '2026-01-01T00:00:05Z' }), undefined, NOW)).toBe(12);
  });

  test('is short where the times make no sense', () => {
    expect(expectedRemainingSeconds(recordOf({ lockedSince: 'never' }), undefined, NOW)).toBe(0);
    expect(expectedRemainingSeconds(recordOf({ lockedSince: '2027-01-01T00:00:00Z' }), undefined, NOW)).toBe(0);
    expect(expectedRemainingSeconds(recordOf({ deadline: 'never' }), undefined, NOW)).toBe(12);
  });
});

describe('the time a client is told to wait', () => {
  test.each([
    [0, 1],
    [-5, 1],
    [2, 1],
    [2.1, 2],
    [60, 30],
    [120, 60],
    [100_000, 60],
    [Number.NaN, 60],
    [Number.POSITIVE_INFINITY, 60],
  ])('for %s s is %s s', (remaining, wait) => {
    expect(retryAfterSeconds(remaining)).toBe(wait);
  });

  /** How often a client is told to wait that comes at a time, of a lock that holds for so long. */
  function waits(lasts: number, comes: number, progressAt: (at: number) => Progress | undefined): number {
    const start = Date.parse(recordOf().lockedSince);
    const record = recordOf({ deadline: new Date(start + 1_800_000).toISOString() });
    let count = 0;
    for (let at = comes; at < lasts && count < 100; count += 1)
      at += retryAfterSeconds(expectedRemainingSeconds(record, progressAt(at), new Date(start + at * 1000)));
    return count;
  }

  const lengths = fc.double({ min: 0.1, max: 60, noNaN: true });
  const arrivals = fc.double({ min: 0, max: 1, noNaN: true });

  test('lets the ten tries of a client outlast a lock of a minute, whenever it comes, though nobody knows how long that is', () => {
    fc.assert(
      fc.property(lengths, arrivals, (lasts, part) => {
        expect(waits(lasts, lasts * part, () => undefined)).toBeLessThanOrEqual(10);
      }),
    );
  });

  test('lets them outlast four minutes where the changes come on evenly', () => {
    const evenly = (lasts: number) => (at: number) => ({ committed: Math.floor((at / lasts) * 100), total: 100 });
    fc.assert(
      fc.property(fc.double({ min: 1, max: 240, noNaN: true }), fc.double({ min: 0.02, max: 1, noNaN: true }), (lasts, part) => {
        expect(waits(lasts, lasts * part, evenly(lasts))).toBeLessThanOrEqual(10);
      }),
    );
  });

  test('is not enough for ten minutes of which nobody knows: a client that comes at the start gives up, one that comes later does not', () => {
    expect(waits(600, 0, () => undefined)).toBeGreaterThan(10);
    expect(waits(600, 60, () => undefined)).toBeLessThanOrEqual(10);
  });

  test('makes nobody wait for longer after the end than half of what the lock has lasted', () => {
    fc.assert(
      fc.property(lengths, arrivals, (lasts, part) => {
        const at = lasts * part;
        const now = new Date(Date.parse(recordOf().lockedSince) + at * 1000);
        const deadline = new Date(now.getTime() + 1_800_000).toISOString();
        expect(retryAfterSeconds(expectedRemainingSeconds(recordOf({ deadline }), undefined, now))).toBeLessThanOrEqual(
          Math.max(1, at / 2 + 1),
        );
      }),
    );
  });
});
