import { afterEach, describe, expect, test } from 'vitest';
import type { KubeClient, PatchBody } from '../../src/kube/client.ts';
import { ApiError, InvalidRequestError, isTransient, retryAfterMs, TransportError } from '../../src/kube/errors.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../src/kube/object.ts';
import { createRestClient } from '../../src/kube/rest-client.ts';
import { createTransport } from '../../src/kube/transport.ts';
import type { RequestObservation } from '../../src/kube/transport.ts';
import { answerJson, configOf, startServer } from './local-server.ts';
import type { Arrived, Handler, LocalServer } from './local-server.ts';

const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const DEPLOYMENTS: ResourceKind = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true };
const SETTINGS: ObjectRef = { kind: CONFIG_MAPS, namespace: 'shop', name: 'settings' };
const settings: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' } };

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

interface Spoken {
  readonly client: KubeClient;
  readonly server: LocalServer;
  readonly observed: readonly RequestObservation[];
  /** Query of a request that arrived, the last one unless its number is given. */
  query(at?: number): Record<string, string>;
  last(): Arrived;
}

/** A client that speaks to a server that answers as `handler` says. */
async function speakingTo(handler: Handler): Promise<Spoken> {
  const server = await startServer(handler);
  const observed: RequestObservation[] = [];
  const transport = createTransport(configOf(server), { onRequest: (observation) => void observed.push(observation) });
  ending.push(
    () => server.close(),
    () => transport.close(),
  );
  return {
    client: createRestClient(transport),
    server,
    observed,
    query: (at = -1) => Object.fromEntries(new URL(server.arrived.at(at)?.path ?? '', server.url).searchParams),
    last: () => server.arrived.at(-1)!,
  };
}

const echo: Handler = (_request, response) => answerJson(response, 200, settings);

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error,
  );
}

describe('what each verb sends', () => {
  test('get', async () => {
    const { client, last, query } = await speakingTo(echo);
    expect(await client.get(SETTINGS)).toEqual(settings);
    expect(last()).toMatchObject({ method: 'GET', body: '' });
    expect(last().path).toMatch(/^\/api\/v1\/namespaces\/shop\/configmaps\/settings\?/);
    expect(query()).toEqual({ timeout: '15s' });
  });

  test('create', async () => {
    const { client, last, query } = await speakingTo((_request, response) =>
      answerJson(response, 201, settings, { warning: '299 - "unknown field"' }),
    );
    const written = await client.create(SETTINGS, settings, {
      dryRun: true,
      fieldManager: 'janus-x',
      fieldValidation: 'Strict',
      timeoutMs: 2_500,
    });
    expect(written).toEqual({ object: settings, created: true, warnings: ['unknown field'] });
    expect(last()).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
    expect(last().path).toMatch(/^\/api\/v1\/namespaces\/shop\/configmaps\?/);
    expect(JSON.parse(last().body)).toEqual(settings);
    expect(query()).toEqual({ dryRun: 'All', fieldManager: 'janus-x', fieldValidation: 'Strict', timeout: '3s' });
  });

  test('update, of an object or of a subresource', async () => {
    const { client, last } = await speakingTo(echo);
    expect(await client.update(SETTINGS, settings)).toEqual({ object: settings, created: false, warnings: [] });
    expect(last()).toMatchObject({ method: 'PUT' });
    await client.update(SETTINGS, settings, { subresource: 'status' });
    expect(last().path).toMatch(/\/configmaps\/settings\/status\?/);
  });

  test.each<[string, PatchBody, unknown]>([
    [
      'application/json-patch+json',
      { type: 'json', operations: [{ op: 'test', path: '/a', value: 1 }] },
      [{ op: 'test', path: '/a', value: 1 }],
    ],
    ['application/merge-patch+json', { type: 'merge', patch: { a: null } }, { a: null }],
    ['application/strategic-merge-patch+json', { type: 'strategic', patch: { b: [] } }, { b: [] }],
  ])('patch as %s', async (type, body, sent) => {
    const { client, last } = await speakingTo(echo);
    await client.patch(SETTINGS, body, { fieldManager: 'm' });
    expect(last()).toMatchObject({ method: 'PATCH', headers: { 'content-type': type } });
    expect(JSON.parse(last().body)).toEqual(sent);
  });

  test('apply', async () => {
    const { client, last, query } = await speakingTo(echo);
    await client.apply(SETTINGS, settings, { fieldManager: 'm', force: true, dryRun: true });
    expect(last()).toMatchObject({ method: 'PATCH', headers: { 'content-type': 'application/apply-patch+yaml' } });
    expect(query()).toEqual({ fieldManager: 'm', force: 'true', dryRun: 'All', timeout: '15s' });
  });

  test('delete, its options in the body', async () => {
    const { client, last } = await speakingTo(echo);
    await client.delete(SETTINGS, { dryRun: true, preconditions: { uid: 'u', resourceVersion: '7' }, propagationPolicy: 'Foreground' });
    expect(last().method).toBe('DELETE');
    expect(JSON.parse(last().body)).toMatchObject({
      kind: 'DeleteOptions',
      dryRun: ['All'],
      preconditions: { uid: 'u', resourceVersion: '7' },
      propagationPolicy: 'Foreground',
    });
  });

  test('raw, with any path', async () => {
    const { client, last } = await speakingTo((_request, response) => answerJson(response, 200, { gitVersion: 'v1.35.4' }));
    expect(await client.raw('get', '/version')).toEqual({ gitVersion: 'v1.35.4' });
    await client.raw('POST', '/apis/x/v1/reviews?a=b', { spec: {} });
    expect(last()).toMatchObject({ method: 'POST', body: '{"spec":{}}' });
    expect(last().path).toMatch(/\?a=b&/);
  });

  test('never a dry run by accident, nor a write where a dry run was asked for', async () => {
    const { client, query, last } = await speakingTo(echo);
    await client.patch(SETTINGS, { type: 'merge', patch: {} });
    expect(query()).not.toHaveProperty('dryRun');
    await client.patch(SETTINGS, { type: 'merge', patch: {} }, { dryRun: true });
    expect(query()).toHaveProperty('dryRun', 'All');
    await client.delete(SETTINGS, { dryRun: false });
    expect(JSON.parse(last().body)).not.toHaveProperty('dryRun');
  });

  test('is told to the observer in the words of the API', async () => {
    const { client, observed } = await speakingTo(echo);
    await client.apply({ kind: DEPLOYMENTS, namespace: 'shop', name: 'web' }, settings, {
      fieldManager: 'm',
      dryRun: true,
      as: { user: 'someone' },
    });
    expect(observed[0]).toMatchObject({
      verb: 'apply',
      resource: 'deployments.apps',
      namespace: 'shop',
      name: 'web',
      dryRun: true,
      as: 'someone',
      code: 200,
    });
  });
});

describe('what comes back from a delete', () => {
  test('is the object while it still exists', async () => {
    const { client } = await speakingTo(echo);
    expect(await client.delete(SETTINGS)).toEqual(settings);
  });

  test('is nothing where the server answers with a Status', async () => {
    const { client } = await speakingTo((_request, response) =>
      answerJson(response, 200, { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Success' }),
    );
    expect(await client.delete(SETTINGS)).toBeUndefined();
  });
});

describe('a request that cannot be sent', () => {
  const nameless: ObjectRef = { ...SETTINGS, name: '' };

  test('is refused before anything is sent, above all a delete that would empty a namespace', async () => {
    const { client, server } = await speakingTo(echo);
    await expect(client.delete(nameless)).rejects.toThrow(InvalidRequestError);
    await expect(client.get({ ...SETTINGS, name: '../secrets' })).rejects.toThrow(InvalidRequestError);
    expect(server.arrived).toEqual([]);
  });

  test.each<[string, (client: KubeClient) => Promise<unknown>]>([
    ['get', (client) => client.get(nameless)],
    ['list', (client) => client.list(CONFIG_MAPS, { namespace: '..' })],
    ['create', (client) => client.create({ kind: CONFIG_MAPS, name: 'x' }, settings)],
    ['update', (client) => client.update(nameless, settings)],
    ['patch', (client) => client.patch(nameless, { type: 'merge', patch: {} })],
    ['apply', (client) => client.apply(nameless, settings, { fieldManager: 'm' })],
    ['delete', (client) => client.delete(nameless)],
    ['raw', (client) => client.raw('FETCH', '/version')],
  ])('%s rejects, and never throws before it has returned its promise', async (_verb, call) => {
    const { client } = await speakingTo(echo);
    let promise: Promise<unknown> | undefined;
    expect(() => (promise = call(client))).not.toThrow();
    await expect(promise).rejects.toThrow();
  });
});

describe('an answer that is not 2xx', () => {
  test('is an ApiError with what the server says', async () => {
    const { client } = await speakingTo((_request, response) =>
      answerJson(response, 409, {
        kind: 'Status',
        reason: 'Conflict',
        message: 'the object has been modified',
        details: { name: 'settings' },
      }),
    );
    const error = await failureOf(client.update(SETTINGS, settings));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 409, reason: 'Conflict', message: 'the object has been modified' });
  });

  test('429 with Retry-After is transient and tells how long to wait; it is not tried again here', async () => {
    const { client, server } = await speakingTo((_request, response) => answerJson(response, 429, {}, { 'retry-after': '4' }));
    const error = await failureOf(client.get(SETTINGS));
    expect(isTransient(error)).toBe(true);
    expect(retryAfterMs(error)).toBe(4_000);
    expect(server.arrived).toHaveLength(1);
  });

  test('from a proxy, in HTML, is an ApiError with its code', async () => {
    const { client } = await speakingTo(
      (_request, response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
    );
    expect(await failureOf(client.get(SETTINGS))).toMatchObject({ code: 502, message: 'the server answered 502: Bad Gateway' });
  });

  test.each([301, 302, 307])('a redirect (%d) is not followed: credentials would go with it', async (code) => {
    const { client, server } = await speakingTo((_request, response) => void response.writeHead(code, { location: '/elsewhere' }).end());
    expect(await failureOf(client.get(SETTINGS))).toMatchObject({ code });
    expect(server.arrived).toHaveLength(1);
  });
});

describe('an answer of 2xx that is not from an API server', () => {
  // No cause: a parser's error quotes the answer, which may be a Secret.
  test.each(['', '<html>Log in to the network</html>', '{"kind":"ConfigMap"', 'null', '7', '"text"', '[]'])(
    '%j is a TransportError: whether the write took effect is not known',
    async (body) => {
      const { client } = await speakingTo((_request, response) => void response.writeHead(200).end(body));
      const errors = await Promise.all(
        [client.get(SETTINGS), client.update(SETTINGS, settings), client.delete(SETTINGS), client.list(CONFIG_MAPS)].map(failureOf),
      );
      for (const error of errors) {
        expect(error).toBeInstanceOf(TransportError);
        expect(error).toMatchObject({ neverSent: false });
        expect((error as Error).cause).toBeUndefined();
      }
    },
  );
});

describe('a list', () => {
  const item = (name: string): object => ({ metadata: { name } });

  test('has the kind and apiVersion in every item, which servers leave out', async () => {
    const { client, last } = await speakingTo((_request, response) =>
      answerJson(response, 200, { kind: 'DeploymentList', apiVersion: 'apps/v1', metadata: { resourceVersion: '5' }, items: [item('a')] }),
    );
    const list = await client.list(DEPLOYMENTS, { namespace: 'shop', labelSelector: 'a=b,c', fieldSelector: 'metadata.name=a' });
    expect(list.items).toEqual([{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } }]);
    expect(list.metadata.resourceVersion).toBe('5');
    const { pathname, searchParams } = new URL(last().path, 'https://x');
    expect(pathname).toBe('/apis/apps/v1/namespaces/shop/deployments');
    expect(Object.fromEntries(searchParams)).toEqual({ labelSelector: 'a=b,c', fieldSelector: 'metadata.name=a', timeout: '15s' });
  });

  test('without items is empty', async () => {
    const { client } = await speakingTo((_request, response) =>
      answerJson(response, 200, { kind: 'ConfigMapList', metadata: {}, items: null }),
    );
    expect((await client.list(CONFIG_MAPS)).items).toEqual([]);
  });

  test('is followed to its end, page by page', async () => {
    const pages: Record<string, object> = {
      '': { metadata: { resourceVersion: '9', continue: 'two' }, items: [item('a'), item('b')] },
      two: { metadata: { resourceVersion: '9', continue: 'three' }, items: [item('c')] },
      three: { metadata: { resourceVersion: '9', continue: '' }, items: [item('d')] },
    };
    const { client, server, query } = await speakingTo((request, response) =>
      answerJson(response, 200, pages[new URL(request.path, 'https://x').searchParams.get('continue') ?? '']),
    );
    const list = await client.list(CONFIG_MAPS, { limit: 2 });
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd']);
    expect(list.metadata).toMatchObject({ resourceVersion: '9' });
    expect(server.arrived).toHaveLength(3);
    expect([query(0), query(1)]).toMatchObject([{ limit: '2' }, { limit: '2', continue: 'two' }]);
  });

  test('whose pages are too old meanwhile is listed anew, as a whole', async () => {
    const { client, server, query } = await speakingTo((request, response) => {
      const { searchParams } = new URL(request.path, 'https://x');
      if (searchParams.has('continue')) {
        answerJson(response, 410, { kind: 'Status', reason: 'Expired', message: 'the continue parameter is too old' });
      } else if (searchParams.has('limit')) {
        answerJson(response, 200, { metadata: { resourceVersion: '1', continue: 'two' }, items: [item('old')] });
      } else {
        answerJson(response, 200, { metadata: { resourceVersion: '8' }, items: [item('a'), item('b')] });
      }
    });
    const list = await client.list(CONFIG_MAPS, { limit: 1, labelSelector: 'x' });
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(list.metadata.resourceVersion).toBe('8');
    expect(query()).toEqual({ labelSelector: 'x', timeout: '15s' });
    expect(server.arrived).toHaveLength(3);
  });

  test('of which a page fails fails, and is not given in part', async () => {
    const { client } = await speakingTo((request, response) =>
      request.path.includes('continue')
        ? answerJson(response, 500, {})
        : answerJson(response, 200, { metadata: { continue: 'x' }, items: [item('a')] }),
    );
    expect(await failureOf(client.list(CONFIG_MAPS, { limit: 1 }))).toMatchObject({ code: 500 });
  });
});
