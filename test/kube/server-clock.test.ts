import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createServerClock } from '../../src/kube/server-clock.ts';

const NOON = Date.parse('2026-01-01T12:00:00Z');
const HOUR = 3_600_000;

/** A machine whose clock is `off` from the server's, and a server that answers. */
function scene(off: number) {
  let time = 5_000;
  let serverSet = 0;
  let ownSet = off;
  const server = (): number => NOON + serverSet + time;
  const clock = createServerClock({ monotonic: () => time, wall: () => NOON + ownSet + time });
  return {
    clock,
    server,
    pass: (ms: number) => void (time += ms),
    setServer: (ms: number) => void (serverSet = ms),
    setOwn: (ms: number) => void (ownSet = ms),
    ask(there: number, back: number): void {
      const sent = time;
      time += there;
      const date = new Date(server()).toUTCString();
      time += back;
      clock.heard(date, sent, time);
    },
  };
}

describe("the server's clock", () => {
  test('is the own one as long as nothing was heard, and as long as both agree', () => {
    const { clock, server, ask, pass } = scene(300);
    expect(clock.now()).toBe(server() + 300);
    for (let n = 0; n < 20; n += 1) {
      ask(1, 1);
      pass(100);
    }
    // 300 ms is less than a Date can tell, most of the time; what it can tell is no more than that.
    expect(Math.abs(clock.now() - server())).toBeLessThanOrEqual(300);
  });

  test.each([HOUR, -HOUR, 25 * HOUR])('is known to the second after one answer, though the own one is off by %i ms', (off) => {
    const { clock, server, ask } = scene(off);
    ask(5, 5);
    expect(Math.abs(clock.now() - server())).toBeLessThanOrEqual(1_010);
  });

  test('is never farther off than the own one, and never by more than a second and a slow answer', () => {
    const step = fc.record({
      there: fc.integer({ min: 0, max: 3_000 }),
      back: fc.integer({ min: 0, max: 3_000 }),
      pause: fc.integer({ min: 0, max: 60_000 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: -1e8, max: 1e8 }), fc.array(step, { minLength: 1, maxLength: 30 }), (off, steps) => {
        const { clock, server, ask, pass } = scene(off);
        let best = Infinity;
        for (const { there, back, pause } of steps) {
          ask(there, back);
          best = Math.min(best, 1_000 + there + back);
          pass(pause);
          const error = Math.abs(clock.now() - server());
          expect(error).toBeLessThanOrEqual(Math.min(best, Math.abs(off)));
        }
      }),
    );
  });

  test('is followed when it is set, and when the own one is', () => {
    const { clock, server, ask, setServer, setOwn } = scene(0);
    ask(1, 1);
    setOwn(HOUR);
    expect(Math.abs(clock.now() - server())).toBeLessThanOrEqual(1_002);
    setServer(-2 * HOUR);
    ask(1, 1);
    expect(Math.abs(clock.now() - server())).toBeLessThanOrEqual(1_002);
  });

  test('is not disturbed by an answer without a date, or with nonsense', () => {
    const { clock, server } = scene(0);
    clock.heard(undefined, 0, 1);
    clock.heard('yesterday', 0, 1);
    expect(clock.now()).toBe(server());
  });
});
