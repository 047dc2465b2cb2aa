import { afterEach, describe, expect, test } from 'vitest';
import { createDiscovery } from '../../src/kube/discovery.ts';
import { UnknownKindError } from '../../src/kube/kind-catalog.ts';
import { createTransport } from '../../src/kube/transport.ts';
import { answerJson, configOf, startServer } from './local-server.ts';
import type { Handler } from './local-server.ts';

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** Discovery over a server that answers as `handler` says; `now` is a clock that the test sets. */
async function discovering(handler: Handler) {
  const server = await startServer(handler);
  const transport = createTransport(configOf(server));
  ending.push(
    () => server.close(),
    () => transport.close(),
  );
  let clock = 0;
  const discovery = createDiscovery(transport, () => clock);
  return { discovery, asked: () => server.arrived.map(({ path }) => path), pass: (ms: number) => (clock += ms) };
}

function aggregated(...groups: readonly { readonly name?: string; readonly versions: readonly object[] }[]): object {
  return {
    kind: 'APIGroupDiscoveryList',
    items: groups.map(({ name, versions }) => ({ metadata: name === undefined ? {} : { name }, versions })),
  };
}

function version(name: string, ...resources: readonly object[]): object {
  return { version: name, resources };
}

const pods = {
  resource: 'pods',
  responseKind: { group: '', version: '', kind: 'Pod' },
  scope: 'Namespaced',
  singularResource: 'pod',
  shortNames: ['po'],
  verbs: ['get', 'list'],
};
const widgets = { resource: 'widgets', responseKind: { kind: 'Widget' }, scope: 'Cluster', singularResource: '' };
const core = aggregated({ versions: [version('v1', pods)] });

const modern =
  (groups: () => object): Handler =>
  ({ path }, response) =>
    answerJson(response, 200, path === '/api' ? core : groups());

describe('discovery of a server with aggregated documents', () => {
  test('asks two questions for all kinds, once', async () => {
    const { discovery, asked } = await discovering(
      modern(() => aggregated({ name: 'example.com', versions: [version('v2', widgets), version('v1', widgets)] })),
    );
    expect(await discovery.resolveName('po')).toEqual({
      group: '',
      version: 'v1',
      kind: 'Pod',
      resource: 'pods',
      namespaced: true,
      singular: 'pod',
      shortNames: ['po'],
      verbs: ['get', 'list'],
    });
    expect(await discovery.resolveName('widgets')).toEqual({
      group: 'example.com',
      version: 'v2',
      kind: 'Widget',
      resource: 'widgets',
      namespaced: false,
    });
    expect(await discovery.resolve({ apiVersion: 'example.com/v1', kind: 'Widget' })).toMatchObject({ version: 'v1' });
    expect(asked().sort()).toEqual(['/api', '/apis']);
  });

  test('tells which kinds have a scale subresource', async () => {
    const scaled = { ...widgets, subresources: [{ subresource: 'status' }, { subresource: 'scale' }] };
    const { discovery } = await discovering(
      modern(() => aggregated({ name: 'example.com', versions: [version('v2', scaled), version('v1', widgets)] })),
    );
    const { kinds } = await discovery.catalog();
    expect(kinds.map(({ version: served, scalable }) => `${served} ${String(scalable)}`)).toEqual([
      'v1 undefined',
      'v2 true',
      'v1 undefined',
    ]);
  });

  test('is asked once by all who want to know at the same time', async () => {
    const { discovery, asked } = await discovering(modern(() => aggregated()));
    await Promise.all(Array.from({ length: 30 }, () => discovery.resolveName('pods')));
    expect(asked()).toHaveLength(2);
  });

  test('finds a kind that came later, and asks at most once a second for one that does not come', async () => {
    let groups = aggregated();
    const { discovery, asked, pass } = await discovering(modern(() => groups));
    const wanted = { apiVersion: 'example.com/v1', kind: 'Widget' };
    await expect(discovery.resolve(wanted)).rejects.toBeInstanceOf(UnknownKindError);
    await Promise.all(Array.from({ length: 10 }, () => discovery.resolve(wanted).catch(() => undefined)));
    expect(asked()).toHaveLength(2);
    groups = aggregated({ name: 'example.com', versions: [version('v1', widgets)] });
    pass(1_000);
    expect(await discovery.resolve(wanted)).toMatchObject({ resource: 'widgets' });
    expect(asked()).toHaveLength(4);
  });

  test('names similar kinds for one that it does not have', async () => {
    const { discovery } = await discovering(modern(() => aggregated()));
    await expect(discovery.resolve({ apiVersion: 'v1', kind: 'Pud' })).rejects.toMatchObject({ asked: 'Pud', nearest: ['Pod'] });
    await expect(discovery.resolve({ apiVersion: 'example.com/v1', kind: 'Zebra' })).rejects.toMatchObject({
      asked: 'Zebra.v1.example.com',
      nearest: [],
    });
  });

  test('keeps what it knows while the server cannot answer', async () => {
    let broken = false;
    const { discovery, pass } = await discovering((request, response) =>
      broken
        ? answerJson(response, 403, { kind: 'Status', code: 403, message: 'no discovery for you' })
        : modern(() => aggregated())(request, response, request as never),
    );
    await discovery.resolveName('pods');
    broken = true;
    pass(5_000);
    await expect(discovery.resolveName('widgets')).rejects.toThrow('no discovery for you');
    expect(await discovery.resolveName('pods')).toMatchObject({ kind: 'Pod' });
  });

  test('asks again after a failure', async () => {
    let failing = true;
    const { discovery } = await discovering((request, response) =>
      failing
        ? answerJson(response, 401, { kind: 'Status', code: 401, message: 'Unauthorized' })
        : modern(() => aggregated())(request, response, request as never),
    );
    await expect(discovery.catalog()).rejects.toThrow('Unauthorized');
    failing = false;
    expect((await discovery.catalog()).kinds).toHaveLength(1);
  });

  test.each(['<html></html>', ''])(
    'says that %j is no answer of an API server',
    async (body) => {
      const { discovery } = await discovering((_request, response) => {
        response.writeHead(200);
        response.end(body);
      });
      await expect(discovery.catalog()).rejects.toThrow('not from an API server');
    },
    30_000,
  );
});

describe('discovery of a server without aggregated documents', () => {
  const plain: Readonly<Record<string, object>> = {
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': {
      kind: 'APIGroupList',
      groups: [
        {
          name: 'autoscaling',
          versions: [{ version: 'v1' }, { version: 'v2' }],
          preferredVersion: { version: 'v2' },
        },
        { name: 'broken.example.com', versions: [{ version: 'v1' }], preferredVersion: { version: 'v1' } },
      ],
    },
    '/api/v1': {
      resources: [
        { name: 'pods', kind: 'Pod', namespaced: true, singularName: 'pod', shortNames: ['po'], verbs: ['get'] },
        { name: 'pods/status', kind: 'Pod', namespaced: true, singularName: '', verbs: ['get'] },
        {
          name: 'replicationcontrollers',
          kind: 'ReplicationController',
          namespaced: true,
          singularName: 'replicationcontroller',
          verbs: ['get'],
        },
        { name: 'replicationcontrollers/scale', kind: 'Scale', namespaced: true, singularName: '', verbs: ['get'] },
      ],
    },
    '/apis/autoscaling/v1': {
      resources: [{ name: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', namespaced: true, shortNames: ['hpa'] }],
    },
    '/apis/autoscaling/v2': {
      resources: [{ name: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', namespaced: true, shortNames: ['hpa'] }],
    },
  };

  test('reads every group, prefers what the server prefers, and does without a group whose server is down', async () => {
    const { discovery } = await discovering(({ path }, response) => {
      const document = plain[path];
      answerJson(response, document === undefined ? 503 : 200, document ?? { kind: 'Status', code: 503 });
    });
    const { kinds } = await discovery.catalog();
    expect(kinds.map(({ group, version: served, resource }) => `${group}/${served}/${resource}`)).toEqual([
      '/v1/pods',
      '/v1/replicationcontrollers',
      'autoscaling/v2/horizontalpodautoscalers',
      'autoscaling/v1/horizontalpodautoscalers',
    ]);
    expect(await discovery.resolveName('hpa')).toMatchObject({ version: 'v2' });
    expect(kinds[0]).toEqual({
      group: '',
      version: 'v1',
      kind: 'Pod',
      resource: 'pods',
      namespaced: true,
      singular: 'pod',
      shortNames: ['po'],
      verbs: ['get'],
    });
    expect(kinds[1]).toMatchObject({ resource: 'replicationcontrollers', scalable: true });
  });
});
