import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyGuards, VERSION_ANNOTATION } from '../../../src/admission/guard/configuration.ts';
import { GuardKeeper, type GuardKeeperOptions } from '../../../src/admission/guard/keeper.ts';
import { ApiError, TransportError } from '../../../src/kube/errors.ts';
import { holderOf } from '../../../src/lock/guard/entries.ts';
import type { GuardNeed } from '../../../src/lock/guard/need.ts';
import { FakeServer } from './fake-server.ts';

const uid = (of: number): string => `0e1f2a3b-4c5d-4e6f-8a9b-00000000000${String(of)}`;
const TX = uid(1);
const OTHER = uid(2);
const needs = (...names: readonly string[]): readonly GuardNeed[] =>
  names.map((name) => ({ way: 'name', group: '', resource: 'configmaps', namespace: 'shop', name }));

/** A server whose configuration is empty, and a keeper. */
function fresh(options: Partial<GuardKeeperOptions> = {}): { readonly server: FakeServer; readonly keeper: GuardKeeper } {
  const server = new FakeServer();
  server.configuration = { ...emptyGuards(), metadata: { ...emptyGuards().metadata, resourceVersion: 'first' } };
  return { server, keeper: keeperOf(server, options) };
}

function keeperOf(server: FakeServer, options: Partial<GuardKeeperOptions> = {}): GuardKeeper {
  const reach = { endpoint: { url: 'https://127.0.0.1:9443' }, authorities: 'PEM' };
  return new GuardKeeper({ client: server.client, systemNamespace: 'janus-system', reach: () => reach, ...options });
}

/** Where API servers are told to send what meets them. */
const urls = (server: FakeServer): readonly (string | undefined)[] =>
  (server.configuration?.webhooks ?? []).map(({ clientConfig }) => clientConfig.url);

/** Whose guards are up, and by which attempt. */
const holders = (server: FakeServer): readonly string[] =>
  server.guards.map((name) => `${holderOf(name)?.transaction ?? '?'} ${String(holderOf(name)?.attempt)}`).sort();

describe('putting guards up', () => {
  test('writes once, and waits until the API server refuses by them', async () => {
    const { server, keeper } = fresh();
    await keeper.holders();
    server.take();
    server.lag = 3;
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    expect(server.take()).toEqual(['update janus-guards', 'probe', 'probe', 'probe', 'probe']);
    expect(holders(server)).toEqual([`${TX} 1`]);
  });

  test('of many transactions at once goes into as few writes as can be', async () => {
    const { server, keeper } = fresh();
    await keeper.holders();
    server.take();
    await Promise.all([1, 2, 3, 4, 5, 6].map((of) => keeper.put({ transaction: uid(of), attempt: 1 }, needs(`n${String(of)}`))));
    const asked = server.take();
    expect(asked.filter((words) => words.startsWith('update'))).toHaveLength(2);
    expect(server.guards).toHaveLength(6);
  });

  test('that are up already, or none, asks for nothing', async () => {
    const { server, keeper } = fresh();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    server.take();
    await keeper.put({ transaction: TX, attempt: 2 }, needs('a'));
    await keeper.put({ transaction: OTHER, attempt: 1 }, []);
    await keeper.drop({ transaction: OTHER, attempt: 1 });
    expect(server.take()).toEqual([]);
  });

  test('fails where they do not come into force, and takes them back with the next write', async () => {
    const { server, keeper } = fresh({ probeDeadlineMs: 20 });
    server.lag = Number.POSITIVE_INFINITY;
    await expect(keeper.put({ transaction: TX, attempt: 1 }, needs('a'))).rejects.toMatchObject({ code: 503 });
    server.lag = 0;
    await keeper.put({ transaction: OTHER, attempt: 1 }, needs('b'));
    expect(holders(server)).toEqual([`${OTHER} 1`]);
  });

  test('fails in the API server’s own words where it may not', async () => {
    const { server, keeper } = fresh();
    server.failure = { error: new ApiError({ code: 403, reason: 'Forbidden', message: 'no right to update' }), landed: false };
    await expect(keeper.put({ transaction: TX, attempt: 1 }, needs('a'))).rejects.toThrow('no right to update');
  });

  test('gets over a lost answer', async () => {
    const { server, keeper } = fresh();
    server.failure = { error: new TransportError('reset', { neverSent: false }), landed: true };
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    expect(holders(server)).toEqual([`${TX} 1`]);
  });

  test('makes the configuration anew where somebody has deleted it', async () => {
    const { server, keeper } = fresh();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    server.configuration = undefined;
    await keeper.put({ transaction: OTHER, attempt: 1 }, needs('b'));
    expect(holders(server)).toEqual([`${TX} 1`, `${OTHER} 1`]);
  });
});

describe('taking guards down', () => {
  test('leaves nothing of them, and no probe', async () => {
    const { server, keeper } = fresh();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    await keeper.put({ transaction: TX, attempt: 1 }, []);
    expect(server.configuration?.webhooks).toEqual([]);
  });

  test('leaves those of a later attempt, which another executor has put up', async () => {
    const { server, keeper } = fresh();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    await keeperOf(server).put({ transaction: TX, attempt: 2 }, needs('a'));
    await keeper.drop({ transaction: TX, attempt: 1 });
    expect(holders(server)).toEqual([`${TX} 2`]);
  });
});

describe('a keeper that begins', () => {
  test('leads the guards that it finds to itself, and keeps them until it is told that they may go', async () => {
    const { server, keeper } = fresh();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    const reach = { endpoint: { url: 'https://127.0.0.1:1234' }, authorities: 'NEW' };
    const successor = keeperOf(server, { reach: () => reach });
    expect(await successor.holders()).toEqual([TX]);
    expect(urls(server)).toEqual([`https://127.0.0.1:1234/validate-guards/${TX}`, 'https://127.0.0.1:1234/validate-guards/probe']);
    await successor.drop({ transaction: TX, attempt: 1 });
    expect(server.configuration?.webhooks).toEqual([]);
  });

  test('reads once where it finds nothing', async () => {
    const { server, keeper } = fresh();
    await Promise.all([keeper.holders(), keeper.holders()]);
    await keeper.holders();
    expect(server.take()).toEqual(['get janus-guards']);
  });

  test('begins again where it could not read', async () => {
    const { server, keeper } = fresh();
    const { get } = server.client;
    let down = true;
    const client = {
      ...server.client,
      get: (...given: Parameters<typeof get>) =>
        down ? Promise.reject(new ApiError({ code: 403, reason: 'Forbidden', message: 'no' })) : get(...given),
    };
    const other = keeperOf(server, { client: client as GuardKeeperOptions['client'] });
    await expect(other.holders()).rejects.toThrow('no');
    down = false;
    expect(await other.holders()).toEqual([]);
    expect(await keeper.holders()).toEqual([]);
  });
});

describe('what somebody else does to the configuration', () => {
  test('is put right when it is looked after, and told', async () => {
    const { server, keeper } = fresh();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    expect(await keeper.restore()).toBe(false);
    server.edit((configuration) => ({ ...configuration, webhooks: [] }));
    expect(await keeper.restore()).toBe(true);
    expect(holders(server)).toEqual([`${TX} 1`]);
    server.configuration = undefined;
    expect(await keeper.restore()).toBe(true);
    expect(holders(server)).toEqual([`${TX} 1`]);
    server.edit((configuration) => ({
      ...configuration,
      webhooks: configuration.webhooks.map((webhook) => ({ ...webhook, clientConfig: { url: 'https://elsewhere' } })),
    }));
    expect(await keeper.restore()).toBe(true);
    expect(urls(server)[0]).toBe(`https://127.0.0.1:9443/validate-guards/${TX}`);
  });

  test('never makes its version go back, so an API server that is late is not taken for one that is not', async () => {
    const { server, keeper } = fresh({ now: () => 1_000 });
    const version = (): number => Number(server.configuration?.metadata.annotations?.[VERSION_ANNOTATION]);
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    const first = version();
    await keeper.put({ transaction: OTHER, attempt: 1 }, needs('b'));
    expect(version()).toBeGreaterThan(first);
    const second = version();
    await keeper.drop({ transaction: TX, attempt: 1 });
    expect(version()).toBeGreaterThan(second);
  });
});

describe('two keepers that write at once', () => {
  test('lose nothing of each other, whatever they do in whatever order', async () => {
    const step = fc.record({ who: fc.nat(1), of: fc.nat(3), names: fc.subarray(['a', 'b', 'c']) });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 6 }), async (rounds) => {
        const { server, keeper } = fresh();
        const keepers = [keeper, keeperOf(server)] as const;
        const expected = new Map<string, readonly string[]>();
        for (const round of rounds) {
          // Each transaction has one executor, which does one thing at a time.
          const steps = new Map(round.map((one) => [one.who * 4 + one.of, one]));
          await Promise.all(
            [...steps].map(([of, { who, names }]) => {
              expected.set(uid(of), names);
              return keepers[who as 0 | 1].put({ transaction: uid(of), attempt: 1 }, needs(...names));
            }),
          );
        }
        const up = [...expected].filter(([, names]) => names.length > 0).map(([transaction]) => `${transaction} 1`);
        expect(holders(server)).toEqual(up.sort());
      }),
      { numRuns: 60 },
    );
  });
});
