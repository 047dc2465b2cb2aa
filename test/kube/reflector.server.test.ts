import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/config.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../src/kube/object.ts';
import { watchResource } from '../../src/kube/reflector.ts';
import type { ReflectorOptions } from '../../src/kube/reflector.ts';
import { createRestClient } from '../../src/kube/rest-client.ts';
import { createTransport } from '../../src/kube/transport.ts';
import type { Transport } from '../../src/kube/transport.ts';
import { NAMESPACES } from '../../src/kube/well-known.ts';
import { startControlPlane } from '../control-plane/start.ts';
import type { ControlPlane } from '../control-plane/start.ts';
import { until } from './until.ts';

const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };

let plane: ControlPlane;
let transport: Transport;
let client: KubeClient;
beforeAll(async () => {
  plane = await startControlPlane({ log: () => undefined });
  transport = createTransport(await loadClusterConfig({ kubeconfig: plane.kubeconfig }));
  client = createRestClient(transport);
});
afterAll(async () => {
  await transport?.close();
  await plane?.stop();
});

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** Without connections to a server that has ended since. */
function freshTransport(): Transport {
  const fresh = createTransport(transport.config);
  ending.push(() => fresh.close());
  return fresh;
}

let count = 0;
async function newNamespace(): Promise<string> {
  const name = `watched-${(count += 1)}`;
  await client.create({ kind: NAMESPACES, name }, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

function refIn(namespace: string, name: string): ObjectRef {
  return { kind: CONFIG_MAPS, namespace, name };
}

async function create(namespace: string, name: string, labels: Readonly<Record<string, string>> = { by: 'test' }): Promise<void> {
  await client.create(refIn(namespace, name), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels } });
}

async function follow(namespace: string, overrides: Partial<ReflectorOptions<KubeObject>> = {}) {
  const told: string[] = [];
  const problems: unknown[] = [];
  const ended = new AbortController();
  const reflector = watchResource<KubeObject>({
    client,
    transport,
    kind: CONFIG_MAPS,
    namespace,
    labelSelector: 'by=test',
    signal: ended.signal,
    onEvent: ({ type, object }) => told.push(`${type} ${object.metadata.name ?? ''}`),
    onProblem: (error) => problems.push(error),
    ...overrides,
  });
  ending.push(async () => {
    ended.abort();
    await reflector.ended;
  });
  await reflector.synced;
  return { told, problems, reflector };
}

describe('a reflector of a real API server', () => {
  test('sees what was there and what happens, in order', async () => {
    const namespace = await newNamespace();
    await create(namespace, 'before');
    const { told, reflector } = await follow(namespace);
    expect(told).toEqual(['added before']);
    await create(namespace, 'after');
    await create(namespace, 'unlabelled', {});
    await client.patch(refIn(namespace, 'before'), { type: 'merge', patch: { data: { a: 'ä🚀' } } });
    await client.delete(refIn(namespace, 'after'));
    await until('the deletion', () => told.includes('deleted after'));
    expect(told).toEqual(['added before', 'added after', 'modified before', 'deleted after']);
    expect(reflector.list()).toEqual([await client.get(refIn(namespace, 'before'))]);
  });

  test('sees an object leave when it loses the label', async () => {
    const namespace = await newNamespace();
    await create(namespace, 'one');
    const { told } = await follow(namespace);
    await client.patch(refIn(namespace, 'one'), { type: 'merge', patch: { metadata: { labels: { by: null } } } });
    await until('it left', () => told.length === 2);
    expect(told).toEqual(['added one', 'deleted one']);
  });

  test('goes on, watch after watch, and misses nothing in between', async () => {
    const namespace = await newNamespace();
    let opened = 0;
    const counting = createTransport(transport.config, { onRequest: ({ verb }) => (opened += verb === 'watch' ? 1 : 0) });
    ending.push(() => counting.close());
    const { told, problems } = await follow(namespace, { transport: counting, watchSeconds: 1, random: () => 0 });
    for (let index = 0; opened < 4; index += 1) await create(namespace, `n${index}`);
    const { items } = await client.list(CONFIG_MAPS, { namespace, labelSelector: 'by=test' });
    await until('all of them', () => told.length === items.length);
    expect(told).toEqual(items.map((_, index) => `added n${index}`));
    expect(problems).toEqual([]);
  });

  test('survives a crash of the API server, and tells afterwards what it could not see', async () => {
    const namespace = await newNamespace();
    await create(namespace, 'goes');
    await create(namespace, 'stays');
    const { told, problems, reflector } = await follow(namespace);
    await plane.restartApiServer();
    const afterwards = createRestClient(freshTransport());
    await afterwards.delete(refIn(namespace, 'goes'));
    await afterwards.create(refIn(namespace, 'new'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'new', labels: { by: 'test' } },
    });
    await until('what happened afterwards', () => told.includes('added new'));
    expect([...told].sort()).toEqual(['added goes', 'added new', 'added stays', 'deleted goes']);
    expect(problems.length).toBeGreaterThan(0);
    expect(
      reflector
        .list()
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(['new', 'stays']);
  });

  test('lists anew when what it has seen is too old for the server', async () => {
    const namespace = await newNamespace();
    await create(namespace, 'one');
    await plane.restartApiServer();
    const fresh = freshTransport();
    const own = createRestClient(fresh);
    let lists = 0;
    // The first list is answered as if it had been made before everything that a server remembers after its start.
    const aged: KubeClient = {
      ...own,
      list: async (kind, options) => {
        const list = await own.list<never>(kind, options);
        lists += 1;
        return lists === 1 ? { ...list, metadata: { resourceVersion: '1' } } : list;
      },
    };
    const { told, problems } = await follow(namespace, { client: aged, transport: fresh });
    await until('a second list', () => lists === 2);
    await own.create(refIn(namespace, 'two'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'two', labels: { by: 'test' } } });
    await until('the second one', () => told.length === 2);
    expect(told).toEqual(['added one', 'added two']);
    expect(problems).toEqual([expect.objectContaining({ status: expect.objectContaining({ code: 410 }) })]);
  });
});
