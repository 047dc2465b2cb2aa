import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, leadsUntil, sight, type Sighting } from '../../../src/kube/lease/decision.ts';
import { claimed, freed, freshLease, holderOf, leaseRef, type Lease } from '../../../src/kube/lease/lease.ts';
import { DEFAULT_TIMING } from '../../../src/kube/lease/timing.ts';

const REF = leaseRef('system', 'leader');
const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = DEFAULT_TIMING;
/** How much faster one clock may run than another. */
const BOUND = leaseDurationMs / renewDeadlineMs;
const LONG_MS = 300_000;

interface World {
  readonly clocks: readonly { readonly rate: number; readonly offset: number }[];
  /** What all chance follows from: how long each step takes, and what becomes of each message. */
  readonly seed: number;
}

/** Up to four candidates, whose clocks run at up to `fastest` times the rate of real time. */
const worlds = (fastest: number): fc.Arbitrary<World> => {
  const clock = fc.record({ rate: fc.double({ min: 1, max: fastest, noNaN: true }), offset: fc.integer({ min: -1e7, max: 1e7 }) });
  return fc.record({ clocks: fc.array(clock, { minLength: 2, maxLength: 4 }), seed: fc.integer({ min: 1, max: 0x7fffffff }) });
};

interface Outcome {
  /** Most who led at one moment. */
  readonly most: number;
  readonly terms: number;
  /** Longest that nobody led. */
  readonly longestGap: number;
}

/** Runs candidates against one Lease, event by event, in real time that none of them knows. */
function simulate({ clocks, seed }: World, faulty: boolean): Outcome {
  let state = seed;
  // Lehmer's generator.
  const chance = (): number => (state = (state * 48_271) % 0x7fffffff) / 0x7fffffff;
  // Mostly quick, at times far longer than any deadline.
  const delay = (): number => (faulty && chance() > 0.9 ? chance() * 40_000 : 1 + chance() * 50);
  const lost = (): boolean => faulty && chance() > 0.85;

  let now = 0;
  const queue: { readonly at: number; readonly run: () => void }[] = [];
  const after = (ms: number, run: () => void): void => void queue.push({ at: now + ms, run });

  let stored: Lease | undefined;
  let version = 0;
  const write = (next: Lease, seen: string | undefined): Lease | undefined => {
    if (stored?.metadata.resourceVersion !== seen) return undefined;
    version += 1;
    return (stored = { ...next, metadata: { ...next.metadata, resourceVersion: String(version) } });
  };

  let most = 0;
  let terms = 0;
  let ledUntil = 0;
  let longestGap = 0;
  const deadlines: (number | undefined)[] = clocks.map(() => undefined);
  const realDeadline = (index: number, renewedAt: number): number => {
    const { rate, offset } = clocks[index] ?? { rate: 1, offset: 0 };
    return (leadsUntil(renewedAt, DEFAULT_TIMING) - offset) / rate;
  };

  clocks.forEach(({ rate, offset }, index) => {
    const own = (): number => now * rate + offset;
    const identity = `candidate-${String(index)}`;
    let sighting: Sighting | undefined;
    let renewedAt: number | undefined;
    const again = (ownMs: number): void => after(Math.max(1, ownMs / rate), look);
    const stopLeading = (): void => {
      renewedAt = undefined;
      deadlines[index] = undefined;
    };
    const lead = (sent: number): void => {
      if (own() >= leadsUntil(sent, DEFAULT_TIMING)) {
        stopLeading();
        return;
      }
      if (renewedAt === undefined) terms += 1;
      renewedAt = sent;
      deadlines[index] = realDeadline(index, sent);
      const leaders = deadlines.filter((until) => until !== undefined && now < until).length;
      most = Math.max(most, leaders);
      longestGap = Math.max(longestGap, now - ledUntil);
      ledUntil = Math.max(ledUntil, deadlines[index]);
    };

    const claim = (read: Lease | undefined): void => {
      const sent = own();
      const request = { identity, durationMs: leaseDurationMs, now: new Date(0) };
      const next = read === undefined ? freshLease(REF, request) : claimed(read, request);
      if (lost()) {
        again(retryPeriodMs);
        return;
      }
      after(delay(), () => {
        const landed = write(next, read?.metadata.resourceVersion);
        if (lost()) {
          again(retryPeriodMs);
          return;
        }
        after(delay(), () => {
          if (landed !== undefined) {
            sighting = sight(sighting, landed, DEFAULT_TIMING, own());
            lead(sent);
          }
          again(retryPeriodMs);
        });
      });
    };

    const giveBack = (read: Lease): void => {
      stopLeading();
      after(delay(), () => void write(freed(read, new Date(0)), read.metadata.resourceVersion));
      again(retryPeriodMs * 3);
    };

    function look(): void {
      if (lost()) {
        again(retryPeriodMs);
        return;
      }
      after(delay(), () => {
        const read = stored;
        after(delay(), () => {
          sighting = sight(sighting, read, DEFAULT_TIMING, own());
          if (renewedAt !== undefined && read !== undefined && holderOf(read) === identity && chance() > 0.9) {
            giveBack(read);
            return;
          }
          const step = decide({ identity, timing: DEFAULT_TIMING, sighting, renewedAt, now: own() });
          if (step.do === 'resign') stopLeading();
          if (step.do === 'acquire' || step.do === 'renew') {
            claim(read);
            return;
          }
          again(step.do === 'wait' ? Math.min(retryPeriodMs, step.until - own()) : 1);
        });
      });
    }
    look();
  });

  while (now < LONG_MS) {
    let first = 0;
    for (let at = 1; at < queue.length; at += 1) if ((queue[at]?.at ?? 0) < (queue[first]?.at ?? 0)) first = at;
    const [event] = queue.splice(first, 1);
    if (event === undefined) break;
    now = event.at;
    event.run();
  }
  longestGap = Math.max(longestGap, now - ledUntil);
  return { most, terms, longestGap };
}

test('at most one leads at any moment, whatever is lost, late or given back, as long as clocks run at rates within the bound', () => {
  fc.assert(
    fc.property(worlds(BOUND * 0.999), (given) => {
      expect(simulate(given, true).most).toBeLessThanOrEqual(1);
    }),
    { numRuns: 500 },
  );
});

test('somebody leads again soon after nobody did, where messages arrive', () => {
  fc.assert(
    fc.property(worlds(BOUND * 0.999), (given) => {
      const { longestGap, terms } = simulate(given, false);
      expect(terms).toBeGreaterThan(0);
      expect(longestGap).toBeLessThan(leaseDurationMs + 3 * retryPeriodMs);
    }),
    { numRuns: 100 },
  );
});

test('two lead at once where a clock runs faster than the bound: the simulation can see it', () => {
  const found = fc.check(
    fc.property(worlds(BOUND * 3), (given) => simulate(given, true).most <= 1),
    { numRuns: 500, endOnFailure: true },
  );
  expect(found.failed).toBe(true);
});
