import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { emptyGuards, versionOf, webhooksOf } from '../../../src/admission/guard/configuration.ts';
import { validateGuards } from '../../../src/admission/guard/handler.ts';
import { GuardKeeper, type GuardKeeperOptions } from '../../../src/admission/guard/keeper.ts';
import { GUARDS_REF } from '../../../src/admission/guard/writer.ts';
import type { WebhookServer } from '../../../src/admission/server.ts';
import { PATHS, type Reach, type WebhookConfiguration } from '../../../src/admission/webhook-configuration.ts';
import { loadClusterConfig } from '../../../src/kube/config.ts';
import { isApiError, TransportError } from '../../../src/kube/errors.ts';
import { createRestClient } from '../../../src/kube/rest-client.ts';
import { createTransport, type Transport } from '../../../src/kube/transport.ts';
import { NAMESPACES } from '../../../src/kube/well-known.ts';
import { CLUSTER_CONTROLLERS } from '../../../src/lock/controllers.ts';
import { holderOf } from '../../../src/lock/guard/entries.ts';
import type { GuardNeed } from '../../../src/lock/guard/need.ts';
import { bootCluster, type Cluster, type Fault } from '../../janus/running.ts';
import { find } from '../../janus/transacting.ts';
import { selfSigned, serve, type Signed } from '../serving.ts';

const uid = (of: number): string => `0e1f2a3b-4c5d-4e6f-8a9b-00000000000${String(of)}`;
const TX = uid(1);
const OTHER = uid(2);
const needs = (...names: readonly string[]): readonly GuardNeed[] =>
  names.map((name) => ({ way: 'name', group: '', resource: 'configmaps', namespace: 'shop', name }));

let cluster: Cluster;
let bundle: Signed;
let webhooks: WebhookServer;
const transports: Transport[] = [];

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.admin.create(
    { kind: NAMESPACES, name: 'janus-system' },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'janus-system' } },
  );
  bundle = await selfSigned(['127.0.0.1']);
  const nobody = (): never => {
    throw new Error('nobody is asked for in these tests');
  };
  const answering = { verifier: nobody, lookup: nobody, controllers: CLUSTER_CONTROLLERS, now: () => new Date() };
  webhooks = await serve(bundle, { handlers: { [PATHS.guards]: validateGuards(answering) } });
});
beforeEach(async () => {
  await cluster.admin.delete(GUARDS_REF).catch((error: unknown) => {
    if (!isApiError(error, 404)) throw error;
  });
  await cluster.admin.create(GUARDS_REF, emptyGuards());
});
afterAll(async () => {
  for (const transport of transports) await transport.close();
  await webhooks?.close(0);
  await cluster?.stop();
});

const url = (port: number): string => `https://127.0.0.1:${String(port)}`;
const here = (): Reach => ({ endpoint: { url: url(webhooks.port) }, authorities: bundle.authorities });

interface Observed {
  readonly keeper: GuardKeeper;
  /** What it has asked since the last call. */
  take(): readonly string[];
}

/** A keeper with a connection of its own. */
async function keeping(options: Partial<GuardKeeperOptions> & { readonly fault?: Fault } = {}): Promise<Observed> {
  const { fault = (request, send) => send(request), ...rest } = options;
  const asked: string[] = [];
  const config = await loadClusterConfig({ kubeconfig: cluster.controlPlane.kubeconfig });
  const transport = createTransport(config, {
    intercept: (request, send) => {
      asked.push(request.label.dryRun ? 'probe' : `${request.label.verb} ${request.label.name ?? ''}`);
      return fault(request, send);
    },
  });
  transports.push(transport);
  const client = createRestClient(transport);
  return { keeper: new GuardKeeper({ client, systemNamespace: 'janus-system', reach: here, ...rest }), take: () => asked.splice(0) };
}

/** Passes a fault on to the first write that there is, and to no other. */
function once(fault: Fault): Fault {
  let left = 1;
  return (request, send) => {
    const isWrite = !request.label.dryRun && request.label.verb !== 'get';
    if (!isWrite || left === 0) return send(request);
    left -= 1;
    return fault(request, send);
  };
}

const live = (): Promise<WebhookConfiguration> => cluster.admin.get<WebhookConfiguration>(GUARDS_REF);
const names = async (): Promise<readonly string[]> => webhooksOf(await live()).map(({ name }) => name);
const urls = async (): Promise<readonly unknown[]> => webhooksOf(await live()).map(({ clientConfig }) => clientConfig.url);

/** Whose guards are up, and by which attempt. */
async function holders(): Promise<readonly string[]> {
  return (await names())
    .flatMap((name) => {
      const holder = holderOf(name);
      return holder === undefined ? [] : [`${holder.transaction} ${String(holder.attempt)}`];
    })
    .sort();
}

describe('putting guards up', () => {
  test('writes once, and then asks until the API server refuses by them', async () => {
    const { keeper, take } = await keeping();
    await keeper.holders();
    take();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    const [first, ...rest] = take();
    expect([first, new Set(rest)]).toEqual(['update janus-guards', new Set(['probe'])]);
    expect(await holders()).toEqual([`${TX} 1`]);
  });

  test('of many transactions at once goes into as few writes as can be', async () => {
    const { keeper, take } = await keeping();
    await keeper.holders();
    take();
    await Promise.all([1, 2, 3, 4, 5, 6].map((of) => keeper.put({ transaction: uid(of), attempt: 1 }, needs(`n${String(of)}`))));
    expect(take().filter((words) => words.startsWith('update'))).toHaveLength(2);
    expect(await holders()).toHaveLength(6);
  });

  test('that are up already, or none, asks for nothing', async () => {
    const { keeper, take } = await keeping();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    take();
    await keeper.put({ transaction: TX, attempt: 2 }, needs('a'));
    await keeper.put({ transaction: OTHER, attempt: 1 }, []);
    await keeper.drop({ transaction: OTHER, attempt: 1 });
    expect(take()).toEqual([]);
  });

  test('fails where they do not come into force, and takes them back with the next write', async () => {
    const { keeper } = await keeping({ probeDeadlineMs: 20, reach: () => ({ endpoint: { url: url(1) } }) });
    await expect(keeper.put({ transaction: TX, attempt: 1 }, needs('a'))).rejects.toMatchObject({ code: 503 });
    await keeper.restore();
    expect(await names()).toEqual([]);
  });

  test('fails in the API server’s own words where it may not', async () => {
    const { keeper } = await keeping({
      fault: once((request, send) => send({ ...request, as: { user: 'nobody' } })),
    });
    await expect(keeper.put({ transaction: TX, attempt: 1 }, needs('a'))).rejects.toThrow('User "nobody" cannot update resource');
  });

  test('gets over a lost answer', async () => {
    const { keeper } = await keeping({
      fault: once(async (request, send) => {
        await send(request);
        throw new TransportError('reset', { neverSent: false });
      }),
    });
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    expect(await holders()).toEqual([`${TX} 1`]);
  });

  test('makes the configuration anew where somebody has deleted it', async () => {
    const { keeper } = await keeping();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    await cluster.admin.delete(GUARDS_REF);
    await keeper.put({ transaction: OTHER, attempt: 1 }, needs('b'));
    expect(await holders()).toEqual([`${TX} 1`, `${OTHER} 1`]);
  });
});

describe('taking guards down', () => {
  test('leaves nothing of them, and no probe', async () => {
    const { keeper } = await keeping();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    await keeper.put({ transaction: TX, attempt: 1 }, []);
    expect(await names()).toEqual([]);
  });

  test('leaves those of a later attempt, which another executor has put up', async () => {
    const { keeper } = await keeping();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    await (await keeping()).keeper.put({ transaction: TX, attempt: 2 }, needs('a'));
    await keeper.drop({ transaction: TX, attempt: 1 });
    expect(await holders()).toEqual([`${TX} 2`]);
  });
});

describe('a keeper that begins', () => {
  test('leads the guards that it finds to itself, and keeps them until it is told that they may go', async () => {
    const { keeper } = await keeping();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    const { keeper: successor } = await keeping({ reach: () => ({ endpoint: { url: 'https://127.0.0.1:1234' } }) });
    expect(await successor.holders()).toEqual([TX]);
    expect(await urls()).toEqual([`https://127.0.0.1:1234/validate-guards/${TX}`, 'https://127.0.0.1:1234/validate-guards/probe']);
    await successor.drop({ transaction: TX, attempt: 1 });
    expect(await names()).toEqual([]);
  });

  test('reads once where it finds nothing', async () => {
    const { keeper, take } = await keeping();
    await Promise.all([keeper.holders(), keeper.holders()]);
    await keeper.holders();
    expect(take()).toEqual(['get janus-guards']);
  });

  test('begins again where it could not read', async () => {
    let allowed = false;
    const { keeper } = await keeping({ fault: (request, send) => send(allowed ? request : { ...request, as: { user: 'nobody' } }) });
    await expect(keeper.holders()).rejects.toThrow('User "nobody" cannot get resource');
    allowed = true;
    expect(await keeper.holders()).toEqual([]);
  });
});

describe('what somebody else does to the configuration', () => {
  test('is put right when it is looked after, and told', async () => {
    const { admin } = cluster;
    const { keeper } = await keeping();
    await keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    expect(await keeper.restore()).toBe(false);
    await admin.update(GUARDS_REF, { ...(await live()), webhooks: [] });
    expect(await keeper.restore()).toBe(true);
    expect(await holders()).toEqual([`${TX} 1`]);
    await admin.delete(GUARDS_REF);
    expect(await keeper.restore()).toBe(true);
    expect(await holders()).toEqual([`${TX} 1`]);
    const edited = await live();
    await admin.update(GUARDS_REF, {
      ...edited,
      webhooks: edited.webhooks.map((webhook) => ({ ...webhook, clientConfig: { url: 'https://elsewhere.example.com' } })),
    });
    expect(await keeper.restore()).toBe(true);
    expect((await urls())[0]).toBe(`${url(webhooks.port)}/validate-guards/${TX}`);
  });

  test('to guards of an earlier process is put right likewise, though this one only found them', async () => {
    await (await keeping()).keeper.put({ transaction: TX, attempt: 1 }, needs('a'));
    const { keeper } = await keeping();
    await keeper.holders();
    const right = webhooksOf(await live())[0];
    await cluster.admin.patch(GUARDS_REF, { type: 'json', operations: [{ op: 'remove', path: '/webhooks/0' }] });
    expect(await keeper.restore()).toBe(true);
    expect(webhooksOf(await live())[0]).toEqual(right);
  });

  test('never makes its version go back, so an API server that is late is not taken for one that is not', async () => {
    const { keeper } = await keeping({ now: () => 1_000 });
    const version = async (): Promise<number> => versionOf(await find(cluster.admin, GUARDS_REF));
    const seen: number[] = [];
    for (const step of [
      () => keeper.put({ transaction: TX, attempt: 1 }, needs('a')),
      () => keeper.put({ transaction: OTHER, attempt: 1 }, needs('b')),
      async () => {
        await cluster.admin.delete(GUARDS_REF);
        await keeper.restore();
      },
      () => keeper.drop({ transaction: TX, attempt: 1 }),
    ]) {
      await step();
      seen.push(await version());
    }
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  });
});

describe('two keepers that write at once', () => {
  test('lose nothing of each other, whatever they do in whatever order', async () => {
    const step = fc.record({ who: fc.nat(1), of: fc.nat(3), names: fc.subarray(['a', 'b', 'c']) });
    const keepers = (await Promise.all([keeping(), keeping()])).map(({ keeper }) => keeper);
    const expected = new Map<string, readonly string[]>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 4 }), async (round) => {
        // Each transaction has one executor, which does one thing at a time.
        const steps = new Map(round.map((one) => [one.who * 4 + one.of, one]));
        await Promise.all(
          [...steps].map(async ([of, { who, names: wanted }]) => {
            expected.set(uid(of), wanted);
            await keepers[who]?.put({ transaction: uid(of), attempt: 1 }, needs(...wanted));
          }),
        );
        const up = [...expected].filter(([, wanted]) => wanted.length > 0).map(([transaction]) => `${transaction} 1`);
        expect(await holders()).toEqual(up.sort());
      }),
      { numRuns: 30 },
    );
  });
});
