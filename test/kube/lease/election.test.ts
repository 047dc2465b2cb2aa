import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { standForElection, type Election, type ElectionOptions } from '../../../src/kube/lease/election.ts';
import { leaderGuard, NotLeaderError } from '../../../src/kube/lease/leader-guard.ts';
import { holderOf } from '../../../src/kube/lease/lease.ts';
import { oneLease, type OneLease } from './one-lease.ts';

const TIMING = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

let api: OneLease;
const terms: { readonly identity: string; readonly signal: AbortSignal }[] = [];
const running: Election[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  api = oneLease();
});
afterEach(() => {
  for (const election of running.splice(0)) election.abandon();
  terms.splice(0);
  vi.useRealTimers();
});

async function stand(identity: string, options: Partial<ElectionOptions> = {}): Promise<Election> {
  const onLeading = (signal: AbortSignal): void => void terms.push({ identity, signal });
  const election = standForElection({
    client: api.client,
    namespace: 'system',
    name: 'leader',
    identity,
    timing: TIMING,
    onLeading,
    random: () => 0,
    ...options,
  });
  running.push(election);
  const tried = election.tried;
  await vi.advanceTimersByTimeAsync(0);
  await tried;
  return election;
}

const leaders = (): readonly string[] => terms.filter(({ signal }) => !signal.aborted).map(({ identity }) => identity);

describe('an election', () => {
  test('is won at once where nobody holds the Lease, and the winner renews it', async () => {
    const a = await stand('a');
    expect([a.leading(), a.holder(), leaders()]).toEqual([true, 'a', ['a']]);
    const writes = api.writes;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(api.writes - writes).toBe(30);
    expect([a.leading(), leaders(), terms.length]).toEqual([true, ['a'], 1]);
  });

  test('is not won while another renews, and won once that has been silent for the lease duration', async () => {
    const a = await stand('a');
    const b = await stand('b');
    await vi.advanceTimersByTimeAsync(60_000);
    expect([b.leading(), b.holder()]).toEqual([false, 'a']);
    a.abandon();
    await vi.advanceTimersByTimeAsync(12_900);
    expect(leaders()).toEqual([]);
    await vi.advanceTimersByTimeAsync(4_200);
    expect([b.leading(), leaders()]).toEqual([true, ['b']]);
  });

  test('is won at once when the leader gives the Lease back, by whoever is told to look', async () => {
    const a = await stand('a');
    const b = await stand('b');
    await a.release();
    expect([a.leading(), holderOf(api.lease())]).toEqual([false, undefined]);
    b.look();
    await vi.advanceTimersByTimeAsync(0);
    expect([b.leading(), leaders()]).toEqual([true, ['b']]);
  });

  test('is won by one of several that come together', async () => {
    const many = await Promise.all(['a', 'b', 'c'].map((identity) => stand(identity)));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(many.filter((election) => election.leading())).toHaveLength(1);
    expect(leaders()).toHaveLength(1);
  });
});

describe('a leader', () => {
  test('stops at the renew deadline when its renewals get no answer, before anybody else may begin', async () => {
    const a = await stand('a');
    api.cut('a');
    const b = await stand('b');
    await vi.advanceTimersByTimeAsync(9_990);
    expect(a.leading()).toBe(true);
    await vi.advanceTimersByTimeAsync(20);
    expect([a.leading(), leaders()]).toEqual([false, []]);
    expect(String(terms[0]?.signal.reason)).toContain('it was not renewed for 10 s');
    await vi.advanceTimersByTimeAsync(10_000);
    expect([b.leading(), leaders()]).toEqual([true, ['b']]);
  });

  test('survives renewals that fail for a while, and one that landed without an answer', async () => {
    const a = await stand('a');
    api.fail(2);
    await vi.advanceTimersByTimeAsync(9_000);
    api.loseAnswers(1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect([a.leading(), terms.length]).toEqual([true, 1]);
  });

  test('notices by its own clock that it was paused past its deadline, before any timer runs', async () => {
    let skipped = 0;
    const a = await stand('a', { now: () => performance.now() + skipped });
    skipped = 10_000;
    expect(terms[0]?.signal.aborted).toBe(false);
    expect(a.leading()).toBe(false);
    expect(terms[0]?.signal.aborted).toBe(true);
  });

  test('stops at its next renewal when the Lease was given to somebody else, and leads anew when it was deleted', async () => {
    const a = await stand('a');
    api.edit((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: 'stranger' } }));
    await vi.advanceTimersByTimeAsync(2_500);
    expect([a.leading(), a.holder()]).toEqual([false, 'stranger']);
    api.remove();
    await vi.advanceTimersByTimeAsync(2_500);
    expect([a.leading(), leaders()]).toEqual([true, ['a']]);
    api.remove();
    await vi.advanceTimersByTimeAsync(2_500);
    expect([a.leading(), leaders(), terms.length]).toEqual([true, ['a'], 3]);
  });

  test('goes on over edits of the Lease that leave its holder', async () => {
    const a = await stand('a');
    api.edit((lease) => ({ ...lease, metadata: { ...lease.metadata, annotations: { note: 'mine' } } }));
    await vi.advanceTimersByTimeAsync(2_500);
    expect([a.leading(), terms.length]).toEqual([true, 1]);
    expect(api.lease()?.metadata.annotations).toEqual({ note: 'mine' });
  });

  test('gives back what it holds by a claim whose answer was lost', async () => {
    api.loseAnswers(1);
    const a = await stand('a');
    expect([a.leading(), holderOf(api.lease())]).toEqual([false, 'a']);
    await a.release();
    expect(holderOf(api.lease())).toBeUndefined();
  });

  test('does not fail when it cannot give the Lease back', async () => {
    const problems: unknown[] = [];
    const a = await stand('a', { onProblem: (error) => problems.push(error) });
    api.fail(1);
    await a.release();
    expect([a.leading(), problems.length]).toEqual([false, 1]);
  });
});

test('a candidate takes over from a crashed one whose clock was hours ahead', async () => {
  const a = await stand('a', { wallClock: () => new Date('2099-01-01T00:00:00Z') });
  a.abandon();
  const b = await stand('b', { wallClock: () => new Date('1999-01-01T00:00:00Z') });
  await vi.advanceTimersByTimeAsync(14_900);
  expect(b.leading()).toBe(false);
  await vi.advanceTimersByTimeAsync(2_200);
  expect(b.leading()).toBe(true);
});

test('times that cannot be are refused', () => {
  const options = { client: api.client, namespace: 'n', name: 'l', identity: 'a', onLeading: () => undefined };
  expect(() => standForElection({ ...options, timing: { ...TIMING, renewDeadlineMs: 20_000 } })).toThrow(RangeError);
});

describe('a leader guard', () => {
  const guarded = async (identity: string) => {
    const guard = leaderGuard(() => election);
    const election: Election = await stand(identity, { onLeading: guard.onLeading });
    return { guard, election };
  };

  test('runs a task of the leader, with a signal that aborts when leadership is lost', async () => {
    const { guard, election } = await guarded('a');
    expect(await guard.run(() => Promise.resolve(1))).toBe(1);
    let signal: AbortSignal | undefined;
    const task = guard.run((given) => {
      signal = given;
      election.abandon();
      return Promise.resolve(2);
    });
    await expect(task).rejects.toThrow(NotLeaderError);
    expect(signal?.aborted).toBe(true);
  });

  test('refuses everybody else, and says who leads', async () => {
    await stand('a');
    const { guard } = await guarded('b');
    expect(() => guard.check()).toThrow('b does not lead: a does');
    await expect(guard.run(() => Promise.resolve(1))).rejects.toThrow(NotLeaderError);
  });

  test('tells of the term that runs, or of the next one', async () => {
    const { election } = await guarded('a');
    const { guard } = await guarded('b');
    const next = guard.term();
    expect(await guard.term(AbortSignal.abort())).toBeUndefined();
    await election.release();
    await vi.advanceTimersByTimeAsync(2_500);
    expect((await next)?.aborted).toBe(false);
    expect(await guard.term()).toBe(await next);
  });
});
