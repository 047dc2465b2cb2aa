import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { ApiError } from '../../../src/kube/errors.ts';
import { freshLease, leaseRef, type Lease } from '../../../src/kube/lease/lease.ts';
import { joinPeers, PEER_LABEL, type PeerOptions, type Peers } from '../../../src/kube/lease/peers.ts';
import type { KubeObject, ObjectRef } from '../../../src/kube/object.ts';

type Event = Parameters<Peers['observe']>[0];

/** An API server with Leases, and a watch on them. */
function server() {
  const stored = new Map<string, Lease>();
  const watchers = new Set<(event: Event) => void>();
  let version = 0;
  let away = false;
  const refuse = (code: number): never => {
    throw new ApiError({ code, reason: 'Test', message: String(code) });
  };
  const tell = (type: Event['type'], object: Lease): void => {
    for (const watcher of watchers) watcher({ type, object });
  };
  const asked = (): Promise<void> => Promise.resolve().then(() => (away ? refuse(503) : undefined));
  const write = (type: Event['type'], object: KubeObject): { object: Lease } => {
    version += 1;
    const name = object.metadata.name ?? '';
    const next = { ...object, metadata: { ...object.metadata, uid: `uid-of-${name}`, resourceVersion: String(version) } };
    stored.set(name, next);
    tell(type, next);
    return { object: next };
  };
  const client = {
    get: ({ name }: ObjectRef) => asked().then(() => stored.get(name) ?? refuse(404)),
    list: () => asked().then(() => ({ items: [...stored.values()] })),
    create: ({ name }: ObjectRef, object: KubeObject) => asked().then(() => (stored.has(name) ? refuse(409) : write('added', object))),
    update: ({ name }: ObjectRef, object: KubeObject) =>
      asked().then(() => {
        const present = stored.get(name) ?? refuse(404);
        return present.metadata.resourceVersion === object.metadata.resourceVersion ? write('modified', object) : refuse(409);
      }),
    delete: ({ name }: ObjectRef, options: { preconditions?: { resourceVersion?: string } } = {}) =>
      asked().then(() => {
        const present = stored.get(name) ?? refuse(404);
        const expected = options.preconditions?.resourceVersion;
        if (expected !== undefined && expected !== present.metadata.resourceVersion) refuse(409);
        stored.delete(name);
        tell('deleted', present);
      }),
  } as unknown as PeerOptions['client'] & Pick<KubeClient, 'delete'>;
  return { client, stored, watchers, goAway: (now: boolean) => void (away = now), write };
}

let api: ReturnType<typeof server>;
const joined: Peers[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  api = server();
});
afterEach(() => {
  for (const peers of joined.splice(0)) peers.abandon();
  vi.useRealTimers();
});

async function join(identity: string, options: Partial<PeerOptions> = {}): Promise<Peers> {
  const peers = joinPeers({ client: api.client, namespace: 'n', group: 'g', identity, durationMs: 15_000, ...options });
  joined.push(peers);
  api.watchers.add((event) => peers.observe(event));
  for (const object of api.stored.values()) peers.observe({ type: 'added', object });
  await vi.advanceTimersByTimeAsync(0);
  return peers;
}

describe('peers', () => {
  test('know of each other, and of nobody else', async () => {
    const a = await join('Host-1_a');
    const b = await join('Host-1_b');
    await join('c', { group: 'another' });
    api.write('added', freshLease(leaseRef('n', 'x'), { identity: 'x', durationMs: 1_000, now: new Date() }));
    await vi.advanceTimersByTimeAsync(120_000);
    expect([a.others(), b.others()]).toEqual([['Host-1_b'], ['Host-1_a']]);
    expect([...api.stored.keys()]).toContain('g-host-1-a');
  });

  test('know at once of one that leaves', async () => {
    const a = await join('a');
    const b = await join('b');
    expect(await b.leave()).toEqual(['a']);
    expect(a.others()).toEqual([]);
    expect([...api.stored.keys()]).toEqual(['g-a']);
  });

  test('that leave together: the last one is told that nobody is left', async () => {
    const [a, b] = [await join('a'), await join('b')];
    // Neither hears of the other through its watch any more.
    api.watchers.clear();
    const left = await Promise.all([a.leave(), b.leave()]);
    expect(left).toContainEqual([]);
    expect(api.stored.size).toBe(0);
  });

  test('count one that crashed for as long as it said, by their own clock, and then bury it', async () => {
    const a = await join('a', { wallClock: () => new Date('1999-01-01T00:00:00Z') });
    const b = await join('b', { wallClock: () => new Date('2099-01-01T00:00:00Z') });
    await vi.advanceTimersByTimeAsync(60_000);
    b.abandon();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(a.others()).toEqual(['b']);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(a.others()).toEqual([]);
    expect([...api.stored.keys()]).toEqual(['g-a']);
  });

  test('go on when requests fail for a while, when their Lease was edited, and when it was deleted', async () => {
    const problems: unknown[] = [];
    const a = await join('a', { onProblem: (error) => problems.push(error) });
    const b = await join('b');
    api.goAway(true);
    await vi.advanceTimersByTimeAsync(6_000);
    api.goAway(false);
    await vi.advanceTimersByTimeAsync(6_000);
    expect([problems.length > 0, b.others()]).toEqual([true, ['a']]);
    const own = api.stored.get('g-a');
    api.write('modified', { ...own, metadata: { ...own?.metadata, annotations: { note: 'mine' } } } as Lease);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(b.others()).toEqual(['a']);
    await api.client.delete(leaseRef('n', 'g-a'));
    expect(b.others()).toEqual([]);
    await vi.advanceTimersByTimeAsync(12_000);
    expect([a.others(), b.others()]).toEqual([['b'], ['a']]);
  });

  test('that cannot ask answer as last seen when they leave', async () => {
    const a = await join('a');
    await join('b');
    api.goAway(true);
    expect(await a.leave()).toEqual(['b']);
  });

  test('carry the label by which they are found', async () => {
    await join('a', { labels: { app: 'x' } });
    expect(api.stored.get('g-a')?.metadata.labels).toEqual({ app: 'x', [PEER_LABEL]: 'g' });
  });
});
