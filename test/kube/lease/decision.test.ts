import { describe, expect, test } from 'vitest';
import { decide, sight, type Sighting, type Standing } from '../../../src/kube/lease/decision.ts';
import { claimed, freed, freshLease, holderOf, leaseRef, type Lease } from '../../../src/kube/lease/lease.ts';
import { DEFAULT_TIMING, timingFault } from '../../../src/kube/lease/timing.ts';

const NOON = new Date('2026-01-01T12:00:00Z');
const REF = leaseRef('system', 'leader');
const held = (identity: string): Lease => freshLease(REF, { identity, durationMs: 15_000, now: NOON }, { app: 'x' });
const versioned = (lease: Lease, resourceVersion: string): Lease => ({ ...lease, metadata: { ...lease.metadata, resourceVersion } });

const seen = (holder: string | undefined, since: number): Sighting => ({ version: 'u/1', holder, durationMs: 15_000, since });
const standing = (rest: Partial<Standing>): Standing => ({
  identity: 'me',
  timing: DEFAULT_TIMING,
  sighting: undefined,
  renewedAt: undefined,
  now: 100_000,
  ...rest,
});

describe('one who does not lead', () => {
  test('takes a Lease that nobody has made, that nobody holds, and that is its own by a lost answer', () => {
    expect(decide(standing({}))).toEqual({ do: 'acquire' });
    expect(decide(standing({ sighting: seen(undefined, 99_999) }))).toEqual({ do: 'acquire' });
    expect(decide(standing({ sighting: seen('me', 99_999) }))).toEqual({ do: 'acquire' });
  });

  test("waits until another's Lease has not changed for as long as its holder claimed it", () => {
    expect(decide(standing({ sighting: seen('other', 90_000) }))).toEqual({ do: 'wait', until: 105_000 });
    expect(decide(standing({ sighting: seen('other', 85_001) }))).toEqual({ do: 'wait', until: 100_001 });
    expect(decide(standing({ sighting: seen('other', 85_000) }))).toEqual({ do: 'acquire' });
    expect(decide(standing({ sighting: { ...seen('other', 85_000), durationMs: 60_000 } }))).toEqual({ do: 'wait', until: 145_000 });
  });
});

describe('one who leads', () => {
  const leading = (rest: Partial<Standing>): Standing => standing({ sighting: seen('me', 0), renewedAt: 99_000, ...rest });

  test('renews after each retry period', () => {
    expect(decide(leading({}))).toEqual({ do: 'wait', until: 101_000 });
    expect(decide(leading({ renewedAt: 98_000 }))).toEqual({ do: 'renew' });
    expect(decide(leading({ renewedAt: 90_001 }))).toEqual({ do: 'renew' });
  });

  test('stops to lead at the renew deadline, and when the Lease is gone, free or somebody else’s', () => {
    expect(decide(leading({ renewedAt: 90_000 }))).toEqual({ do: 'resign', because: 'it was not renewed for 10 s' });
    expect(decide(leading({ sighting: undefined }))).toEqual({ do: 'resign', because: 'it was deleted' });
    expect(decide(leading({ sighting: seen(undefined, 0) }))).toEqual({ do: 'resign', because: 'it was taken away' });
    expect(decide(leading({ sighting: seen('other', 0) }))).toEqual({ do: 'resign', because: 'other holds it' });
  });
});

describe('a sighting', () => {
  const first = sight(undefined, versioned(held('other'), '1'), DEFAULT_TIMING, 10);

  test('lasts for as long as nobody writes the Lease, whatever times are in it', () => {
    expect(first).toMatchObject({ holder: 'other', durationMs: 15_000, since: 10 });
    const touched = { ...versioned(held('other'), '1'), spec: { ...held('other').spec, renewTime: '1999-01-01T00:00:00.000000Z' } };
    expect(sight(first, touched, DEFAULT_TIMING, 20)).toBe(first);
  });

  test('begins anew with every write, and ends with the Lease', () => {
    expect(sight(first, versioned(held('other'), '2'), DEFAULT_TIMING, 20)?.since).toBe(20);
    expect(sight(first, undefined, DEFAULT_TIMING, 20)).toBeUndefined();
  });

  test('of a Lease without a duration counts the own one', () => {
    const { leaseDurationSeconds: _seconds, ...spec } = held('other').spec ?? {};
    expect(sight(undefined, { ...held('other'), spec }, DEFAULT_TIMING, 0)?.durationMs).toBe(15_000);
  });
});

describe('a Lease', () => {
  test('counts how often it changed hands, and tells since when it is held', () => {
    const lease = held('a');
    expect(lease.spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T12:00:00.000000Z',
      renewTime: '2026-01-01T12:00:00.000000Z',
      leaseTransitions: 0,
    });
    const later = new Date('2026-01-01T12:00:02.5Z');
    const renewed = claimed(lease, { identity: 'a', durationMs: 1_500, now: later });
    expect(renewed.spec).toEqual({ ...lease.spec, leaseDurationSeconds: 2, renewTime: '2026-01-01T12:00:02.500000Z' });
    const taken = claimed(renewed, { identity: 'b', durationMs: 15_000, now: later });
    expect(taken.spec).toMatchObject({ holderIdentity: 'b', acquireTime: '2026-01-01T12:00:02.500000Z', leaseTransitions: 1 });
    expect(taken.metadata.labels).toEqual({ app: 'x' });
  });

  test('that is given back is held by nobody, and keeps the rest', () => {
    const lease = { ...held('a'), spec: { ...held('a').spec, strategy: 'kept' } };
    expect(holderOf(freed(lease, NOON))).toBeUndefined();
    expect(freed(lease, NOON).spec).toMatchObject({ strategy: 'kept', leaseTransitions: 0 });
    expect(holderOf({ ...lease, spec: { holderIdentity: '' } })).toBeUndefined();
  });
});

test('times that do not fit together are told in words', () => {
  expect(timingFault(DEFAULT_TIMING)).toBeUndefined();
  expect(timingFault({ ...DEFAULT_TIMING, leaseDurationMs: 999 })).toContain('at least 1s');
  expect(timingFault({ ...DEFAULT_TIMING, renewDeadlineMs: 15_000 })).toContain('shorter than the lease duration');
  expect(timingFault({ ...DEFAULT_TIMING, retryPeriodMs: 9_000 })).toContain('shorter than the renew deadline');
});
