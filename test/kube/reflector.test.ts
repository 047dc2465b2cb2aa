import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ResourceKind } from '../../src/kube/object.ts';
import { watchResource } from '../../src/kube/reflector.ts';
import type { Reflector, ReflectorOptions } from '../../src/kube/reflector.ts';
import { createRestClient } from '../../src/kube/rest-client.ts';
import { createTransport } from '../../src/kube/transport.ts';
import { SilentWatchError } from '../../src/kube/watch-lines.ts';
import { answerJson, configOf, startServer } from './local-server.ts';
import { until } from './until.ts';

const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

interface Open {
  /** Query of this watch. */
  readonly query: URLSearchParams;
  /** Counts from 0. */
  readonly index: number;
  readonly response: ServerResponse;
  readonly socket: Socket;
  send(...events: readonly unknown[]): void;
}

interface Script {
  /** Answers a list; `index` counts from 0. */
  readonly list: (index: number, response: ServerResponse, query: URLSearchParams) => void;
  readonly watch: (open: Open) => void;
}

/** Follows a server that misbehaves as `script` says. */
async function follow(script: Script, overrides: Partial<ReflectorOptions<KubeObject>> = {}) {
  let lists = 0;
  const watches: URLSearchParams[] = [];
  const server = await startServer(({ path }, response, socket) => {
    const query = new URL(path, 'https://server').searchParams;
    if (query.get('watch') !== 'true') {
      script.list(lists++, response, query);
      return;
    }
    watches.push(query);
    const send = (...events: readonly unknown[]): void => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      for (const event of events) response.write(`${JSON.stringify(event)}\n`);
    };
    script.watch({ query, index: watches.length - 1, response, socket, send });
  });
  const transport = createTransport(configOf(server));
  const ended = new AbortController();
  const told: string[] = [];
  const problems: unknown[] = [];
  const reflector: Reflector<KubeObject> = watchResource<KubeObject>({
    client: createRestClient(transport),
    transport,
    kind: CONFIG_MAPS,
    signal: ended.signal,
    baseMs: 5,
    onEvent: ({ type, object }) => told.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`),
    onProblem: (error) => problems.push(error),
    ...overrides,
  });
  ending.push(async () => {
    ended.abort();
    await reflector.ended;
    await transport.close();
    await server.close();
  });
  return { server, reflector, told, problems, watches, lists: () => lists, end: () => ended.abort() };
}

function thing(name: string, resourceVersion: number, more: object = {}): object {
  return { metadata: { name, uid: `uid-${name}`, resourceVersion: String(resourceVersion) }, ...more };
}

function listing(resourceVersion: number, ...items: readonly object[]) {
  return (_index: number, response: ServerResponse): void => {
    answerJson(response, 200, { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: String(resourceVersion) }, items });
  };
}

const gone = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'too old resource version', reason: 'Expired', code: 410 };
const from = (watches: readonly URLSearchParams[]): (string | null)[] => watches.map((query) => query.get('resourceVersion'));

describe('a reflector', () => {
  test('lists, then watches from where the list was made, with bookmarks and a time limit', async () => {
    const { reflector, told, watches } = await follow(
      { list: listing(7, thing('a', 3)), watch: ({ send }) => send({ type: 'ADDED', object: thing('b', 8) }) },
      { labelSelector: 'app=shop', namespace: 'shop', watchSeconds: 100, random: () => 0.5 },
    );
    await reflector.synced;
    await until('b', () => told.length === 2);
    expect(told).toEqual(['added a@3', 'added b@8']);
    expect(Object.fromEntries(watches[0]!)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '7',
      timeoutSeconds: '125',
      labelSelector: 'app=shop',
    });
    expect(reflector.list().map(({ kind, apiVersion }) => `${apiVersion} ${kind}`)).toEqual(['v1 ConfigMap', 'v1 ConfigMap']);
    expect(reflector.get('uid-b')?.metadata.name).toBe('b');
  });

  test('takes all pages of a list', async () => {
    const page = (name: string, token?: string): object => ({
      metadata: { resourceVersion: '7', ...(token === undefined ? {} : { continue: token }) },
      items: [thing(name, 1)],
    });
    const { reflector, told } = await follow({
      list: (index, response, query) => {
        expect(query.get('continue')).toBe(index === 0 ? null : 'next');
        answerJson(response, 200, index === 0 ? page('a', 'next') : page('b'));
      },
      watch: () => undefined,
    });
    await reflector.synced;
    expect(told).toEqual(['added a@1', 'added b@1']);
  });

  test('goes on from the last event when the server ends the watch, without a list', async () => {
    const { told, watches, lists, problems } = await follow({
      list: listing(1),
      watch: ({ index, send, response }) => {
        send({ type: 'ADDED', object: thing(`n${index}`, 10 + index) });
        if (index < 3) response.end();
      },
    });
    await until('four watches', () => told.length === 4);
    expect(told).toEqual(['added n0@10', 'added n1@11', 'added n2@12', 'added n3@13']);
    expect(from(watches)).toEqual(['1', '10', '11', '12']);
    expect(lists()).toBe(1);
    expect(problems).toEqual([]);
  });

  test('goes on from the last bookmark', async () => {
    const { watches, reflector } = await follow({
      list: listing(1),
      watch: ({ index, send, response }) => {
        if (index > 0) return;
        send({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '99' } } });
        response.end();
      },
    });
    await until('the second watch', () => watches.length === 2);
    expect(from(watches)).toEqual(['1', '99']);
    expect(reflector.list()).toEqual([]);
  });

  test('loses nothing and tells nothing twice when the connection is reset in the middle of a line', async () => {
    const { told, watches, problems, lists } = await follow({
      list: listing(1),
      watch: ({ index, send, response, socket }) => {
        if (index > 0) {
          send({ type: 'MODIFIED', object: thing('a', 11) });
          return;
        }
        send({ type: 'ADDED', object: thing('a', 10) });
        response.write('{"type":"MODIFIED","object":{"metadata":{"na', () => socket.destroy());
      },
    });
    await until('the change', () => told.length === 2);
    expect(told).toEqual(['added a@10', 'modified a@11']);
    expect(from(watches)).toEqual(['1', '10']);
    expect(lists()).toBe(1);
    expect(problems).toHaveLength(1);
  });

  test('does not take the first half of a line for an event when the stream ends there', async () => {
    const { told, watches } = await follow({
      list: listing(1),
      watch: ({ index, send, response }) => {
        if (index > 0) {
          send({ type: 'ADDED', object: thing('a', 10) });
          return;
        }
        response.writeHead(200);
        response.end('{"type":"ADDED","object":{"metadata":{"name":"a","uid":"uid-a"}}');
      },
    });
    await until('the event', () => told.length > 0);
    expect(told).toEqual(['added a@10']);
    expect(from(watches)).toEqual(['1', '1']);
  });

  test('puts characters together that were cut in two', async () => {
    const { reflector, told } = await follow({
      list: listing(1),
      watch: ({ response }) => {
        const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: thing('a', 10, { data: { word: 'Grüße 🚀' } }) })}\n`);
        const middle = line.indexOf(Buffer.from('🚀')) + 2;
        response.writeHead(200);
        response.write(line.subarray(0, middle), () => response.write(line.subarray(middle)));
      },
    });
    await until('the event', () => told.length > 0);
    expect(reflector.list()[0]).toMatchObject({ data: { word: 'Grüße 🚀' } });
  });

  test.each<[string, (open: Open) => void]>([
    ['as the answer to a watch', ({ response }) => answerJson(response, 410, gone)],
    ['within the stream', ({ send }) => send({ type: 'ERROR', object: gone })],
  ])('lists anew after 410 %s, and tells what was deleted meanwhile', async (_where, refuse) => {
    const { told, watches, problems } = await follow({
      list: (index, response) => {
        const lists = [
          listing(5, thing('stays', 2), thing('goes', 3), thing('changes', 4)),
          listing(50, thing('stays', 2), thing('changes', 40)),
        ];
        lists[index]!(index, response);
      },
      watch: (open) => (open.index === 0 ? refuse(open) : open.send({ type: 'ADDED', object: thing('new', 51) })),
    });
    await until('the new one', () => told.includes('added new@51'));
    expect(told).toEqual(['added stays@2', 'added goes@3', 'added changes@4', 'deleted goes@3', 'modified changes@40', 'added new@51']);
    expect(from(watches)).toEqual(['5', '50']);
    expect(problems).toEqual([expect.objectContaining({ status: expect.objectContaining({ code: 410, message: gone.message }) })]);
  });

  test('lists anew when its place is ahead of the server, as after a restored backup', async () => {
    const ahead = {
      ...gone,
      code: 504,
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] },
    };
    const { watches } = await follow({
      list: (index, response) => listing(index === 0 ? 900 : 4)(index, response),
      watch: ({ index, send }) => index === 0 && send({ type: 'ERROR', object: ahead }),
    });
    await until('the second watch', () => watches.length === 2);
    expect(from(watches)).toEqual(['900', '4']);
  });

  test('gives up a connection on which nothing comes, and lists anew', async () => {
    const { told, watches, problems } = await follow(
      {
        list: (index, response) => listing(index + 1, thing('a', index + 1))(index, response),
        watch: ({ index, send }) => (index === 0 ? send() : send({ type: 'MODIFIED', object: thing('a', 9) })),
      },
      { silenceMs: 100 },
    );
    await until('a', () => told.includes('modified a@9'));
    expect(told.slice(0, 3)).toEqual(['added a@1', 'modified a@2', 'modified a@9']);
    expect(from(watches).slice(0, 2)).toEqual(['1', '2']);
    expect(problems[0]).toBeInstanceOf(SilentWatchError);
  });

  test('gives up a watch that is not answered at all', async () => {
    const { problems } = await follow({ list: listing(1), watch: ({ socket }) => void socket.destroy() });
    await until('two problems', () => problems.length >= 2);
    expect(problems[0]).toMatchObject({ name: 'TransportError' });
  });

  test('waits as long as the server asks when it has too much to do', async () => {
    const times: number[] = [];
    const { reflector, problems } = await follow({
      list: (index, response) => {
        times.push(performance.now());
        if (index === 0) {
          answerJson(response, 429, { kind: 'Status', code: 429, reason: 'TooManyRequests', message: 'slow down' }, { 'retry-after': '1' });
          return;
        }
        listing(1)(index, response);
      },
      watch: () => undefined,
    });
    await reflector.synced;
    expect(times[1]! - times[0]!).toBeGreaterThan(990);
    expect(problems).toEqual([expect.any(ApiError)]);
  });

  test.each([500, 503])('asks again after %d', async (code) => {
    const { reflector, lists } = await follow({
      list: (index, response) =>
        index < 3 ? answerJson(response, code, { kind: 'Status', code, message: 'etcd has no leader' }) : listing(1)(index, response),
      watch: () => undefined,
    });
    await reflector.synced;
    expect(lists()).toBe(4);
  });

  test.each(['<html>captive portal</html>', '{"type":"ADDED"}', 'null', '{"type":"ADDED","object":{"no":"metadata"}}'])(
    'survives the line %s',
    async (line) => {
      const { told, problems, watches } = await follow({
        list: listing(1),
        watch: ({ index, response, send }) => {
          if (index > 0) {
            send({ type: 'ADDED', object: thing('a', 10) });
            return;
          }
          response.writeHead(200);
          response.write(`${line}\n`);
        },
      });
      await until('the event', () => told.length === 1);
      expect(problems).toHaveLength(1);
      expect(from(watches)).toEqual(['1', '1']);
    },
  );

  test('says why a watch was refused', async () => {
    const { problems } = await follow({
      list: listing(1),
      watch: ({ response }) =>
        answerJson(response, 403, { kind: 'Status', code: 403, reason: 'Forbidden', message: 'configmaps is forbidden' }),
    });
    await until('a problem', () => problems.length > 0);
    expect(problems[0]).toMatchObject({ message: 'configmaps is forbidden', status: { code: 403, reason: 'Forbidden' } });
  });

  test('doubts what it knows after failing again and again, and lists anew', async () => {
    const { lists } = await follow({ list: listing(1), watch: ({ response }) => answerJson(response, 500, {}) });
    await until('a second list', () => lists() >= 2);
  });

  test('does not come back at once, again and again, to a server that ends every watch', async () => {
    const times: number[] = [];
    await follow(
      {
        list: listing(1),
        watch: ({ response }) => {
          times.push(performance.now());
          response.writeHead(200);
          response.end();
        },
      },
      { baseMs: 50, random: () => 1 },
    );
    await until('five watches', () => times.length >= 5);
    const pauses = times.slice(1, 5).map((time, index) => time - times[index]!);
    expect(pauses[3]!).toBeGreaterThan(390);
    expect(pauses[0]!).toBeLessThan(pauses[3]!);
  });

  test('goes on after its consumer threw, and reports it', async () => {
    const seen: string[] = [];
    const { problems, lists, watches } = await follow(
      {
        list: listing(1, thing('a', 1)),
        watch: ({ send }) => send({ type: 'ADDED', object: thing('b', 2) }, { type: 'ADDED', object: thing('c', 3) }),
      },
      {
        onEvent: ({ object }) => {
          seen.push(object.metadata.name ?? '');
          throw new Error(`no room for ${object.metadata.name ?? ''}`);
        },
      },
    );
    await until('all three', () => seen.length === 3);
    expect(problems.map(String)).toEqual(['Error: no room for a', 'Error: no room for b', 'Error: no room for c']);
    expect([lists(), watches.length]).toEqual([1, 1]);
  });

  test('knows when it last heard something, a bookmark included', async () => {
    let clock = 1_000;
    let bookmark = (): void => undefined;
    const { reflector, watches } = await follow(
      {
        list: listing(1),
        watch: ({ send }) => {
          send();
          bookmark = () => send({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '2' } } });
        },
      },
      { now: () => clock },
    );
    await until('the watch', () => watches.length === 1);
    expect(reflector.lastHeardAt()).toBe(1_000);
    clock = 5_000;
    bookmark();
    await until('the bookmark', () => reflector.lastHeardAt() === 5_000);
  });

  test('ends with its signal, while watching', async () => {
    let open: Open | undefined;
    const { reflector, end, problems } = await follow({
      list: listing(1),
      watch: (one) => {
        open = one;
        one.send();
      },
    });
    await until('the watch', () => open !== undefined);
    end();
    await reflector.ended;
    await until('its connection is closed', () => open?.response.closed === true);
    expect(problems).toEqual([]);
  });

  test('ends with its signal, while the server cannot list', async () => {
    const { reflector, lists, end } = await follow({
      list: (_index, response) => answerJson(response, 503, {}, { 'retry-after': '600' }),
      watch: () => undefined,
    });
    await until('the first list', () => lists() === 1);
    end();
    await reflector.ended;
    await expect(reflector.synced).rejects.toThrow('ended before its first list');
  });
});
