import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { ClusterConfig, Credentials } from '../../src/kube/cluster-config.ts';
import { InvalidRequestError, TransportError } from '../../src/kube/errors.ts';
import { createTransport } from '../../src/kube/transport.ts';
import type { RequestObservation, Transport, TransportOptions, TransportRequest } from '../../src/kube/transport.ts';
import { answerJson, clientCertificate, configOf, startServer, startTcpServer, startTlsServer } from './local-server.ts';
import type { Handler, LocalServer } from './local-server.ts';
import { until } from './until.ts';

const GET: TransportRequest = { method: 'GET', path: '/version', label: { verb: 'raw', resource: '', dryRun: false } };
const POST: TransportRequest = {
  ...GET,
  method: 'POST',
  path: '/api/v1/things',
  body: '{"a":1}',
  headers: { 'content-type': 'application/json' },
};

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function serving(handler: Handler): Promise<LocalServer> {
  return kept(await startServer(handler));
}

function kept(server: LocalServer): LocalServer {
  ending.push(() => server.close());
  return server;
}

function transportTo(config: ClusterConfig, options: TransportOptions = {}): Transport {
  const transport = createTransport(config, options);
  ending.push(() => transport.close());
  return transport;
}

const ok: Handler = (_request, response) => answerJson(response, 200, { ok: true });
const silence: Handler = () => undefined;

/** The error of a promise that must fail. */
function failureOf(promise: Promise<unknown>): Promise<TransportError> {
  return promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as TransportError,
  );
}

describe('a request', () => {
  test('arrives as it was meant, and its answer comes back whatever its status', async () => {
    const server = await serving((_request, response) => answerJson(response, 418, { kind: 'Teapot' }, { 'x-told': 'yes' }));
    const response = await transportTo(configOf(server), { userAgent: 'janus/test' }).send({ ...POST, path: '/api/v1/things?dryRun=All' });
    expect(response).toMatchObject({ status: 418, body: '{"kind":"Teapot"}', headers: { 'x-told': 'yes' } });
    expect(server.arrived).toHaveLength(1);
    expect(server.arrived[0]).toMatchObject({ method: 'POST', path: '/api/v1/things?dryRun=All', body: '{"a":1}' });
    expect(server.arrived[0]?.headers).toMatchObject({
      'user-agent': 'janus/test',
      'content-type': 'application/json',
      accept: 'application/json',
    });
  });

  test('goes below the path prefix of the server', async () => {
    const server = await serving(ok);
    await transportTo(configOf(server, { server: `${server.url}/k8s/clusters/c-1` })).send(GET);
    expect(server.arrived[0]?.path).toBe('/k8s/clusters/c-1/version');
  });

  test('carries its body in UTF-8, both ways', async () => {
    const server = await serving((request, response) => response.end(request.body));
    const { body } = await transportTo(configOf(server)).send({ ...POST, body: '{"ä":"✓ 🔒"}' });
    expect(body).toBe('{"ä":"✓ 🔒"}');
  });

  test('cannot be used to forge a header', async () => {
    const server = await serving(ok);
    const error = await failureOf(transportTo(configOf(server)).send({ ...GET, headers: { 'x-one': 'a\r\nx-two: b' } }));
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(server.arrived).toEqual([]);
  });
});

describe('connections', () => {
  test('200 requests at once open no more than the pool allows, and all are answered', async () => {
    const server = await serving((request, response) => void setTimeout(() => response.end(request.path), 2));
    const transport = transportTo(configOf(server), { maxConnections: 8 });
    const answers = await Promise.all([...Array(200).keys()].map((i) => transport.send({ ...GET, path: `/r/${i}` })));
    expect(answers.map(({ body }) => body)).toEqual([...Array(200).keys()].map((i) => `/r/${i}`));
    expect(server.connections()).toBeLessThanOrEqual(8);
  });

  test('are used again', async () => {
    const server = await serving(ok);
    const transport = transportTo(configOf(server));
    for (let i = 0; i < 20; i += 1) await transport.send(GET);
    // One may still be about to become free when the next request comes.
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  test('a write is never sent twice by itself, even if the server closes the connection that it came on', async () => {
    let seen = 0;
    const server = await serving((_request, response, socket) => {
      seen += 1;
      if (seen % 2 === 1) response.end('{}');
      else socket.destroy();
    });
    const transport = transportTo(configOf(server), { maxConnections: 1 });
    await transport.send(POST);
    const error = await failureOf(transport.send(POST));
    expect(error).toBeInstanceOf(TransportError);
    expect(error.neverSent).toBe(false);
    expect(seen).toBe(2);
  });

  test('streams have their own, so that watches hold up no request', async () => {
    const server = await serving((request, response) => {
      if (request.path === '/watch') response.writeHead(200).flushHeaders();
      else response.end('{}');
    });
    const transport = transportTo(configOf(server), { maxConnections: 1 });
    const streams = await Promise.all([1, 2, 3].map(() => transport.stream({ ...GET, path: '/watch' })));
    expect((await transport.send(GET)).status).toBe(200);
    for (const { body } of streams) body.destroy();
  });
});

describe('no answer', () => {
  test('within the time is an error that says so; the request may have taken effect', async () => {
    const server = await serving(silence);
    const error = await failureOf(transportTo(configOf(server)).send({ ...POST, timeoutMs: 60 }));
    expect(error).toBeInstanceOf(TransportError);
    expect(error.message).toBe(`POST ${server.url}/api/v1/things: no answer within 60 ms`);
    expect(error.neverSent).toBe(false);
  });

  test('is also an answer that never ends', async () => {
    const server = await serving((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('{'), 5);
      response.on('close', () => clearInterval(drip));
    });
    expect((await failureOf(transportTo(configOf(server)).send({ ...GET, timeoutMs: 100 }))).message).toContain('no answer within 100 ms');
  });

  test('comes when the connection is reset before the answer', async () => {
    const server = await serving((_request, _response, socket) => socket.destroy());
    const error = await failureOf(transportTo(configOf(server)).send(POST));
    expect(error).toBeInstanceOf(TransportError);
    expect(error.neverSent).toBe(false);
  });

  test('comes when the connection is reset in the middle of the answer', async () => {
    const server = await serving((_request, response, socket) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"half":', () => socket.destroy());
    });
    const error = await failureOf(transportTo(configOf(server)).send(POST));
    expect(error).toBeInstanceOf(TransportError);
    expect(error.neverSent).toBe(false);
  });

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.7\r\n'],
    ['a broken status line', 'HTTP/1.1 twohundred OK\r\n\r\n'],
    ['a broken length', 'HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{}'],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['headers without end', `HTTP/1.1 200 OK\r\n${'x-filler: 0123456789\r\n'.repeat(5_000)}`],
  ])('comes when what comes is %s', async (_what, bytes) => {
    const server = kept(await startTlsServer((socket) => socket.once('data', () => socket.write(bytes))));
    const error = await failureOf(transportTo(configOf(server)).send({ ...POST, timeoutMs: 60_000 }));
    expect(error).toBeInstanceOf(TransportError);
    expect(error.neverSent).toBe(false);
    expect(error.message).not.toContain('no answer within');
  });

  test('comes when the answer is larger than allowed', async () => {
    const server = await serving((_request, response) => response.end('x'.repeat(10_000)));
    const error = await failureOf(transportTo(configOf(server), { maxResponseBytes: 1_000 }).send(GET));
    expect(error).toBeInstanceOf(TransportError);
    expect(error.message).toContain('larger than the limit');
  });

  test('comes when the caller gives up', async () => {
    const server = await serving(silence);
    const controller = new AbortController();
    const failure = failureOf(transportTo(configOf(server)).send({ ...POST, signal: controller.signal }));
    await until('the request has arrived', () => server.arrived.length === 1);
    controller.abort();
    expect(await failure).toMatchObject({ message: `POST ${server.url}/api/v1/things: aborted by the caller`, neverSent: false });
  });

  test('leaves the transport usable', async () => {
    let broken = true;
    const server = await serving((request, response, socket) => (broken ? void socket.destroy() : ok(request, response, socket)));
    const transport = transportTo(configOf(server), { maxConnections: 2 });
    await Promise.all([...Array(10).keys()].map(() => failureOf(transport.send(GET))));
    broken = false;
    expect((await transport.send(GET)).status).toBe(200);
  });
});

describe('what certainly never left us', () => {
  test('is a request to a port where nobody listens', async () => {
    const server = await startServer(ok);
    await server.close();
    const error = await failureOf(transportTo(configOf(server)).send(POST));
    expect(error).toMatchObject({ neverSent: true });
    expect(error.message).toContain('connection refused');
  });

  test('is a request to a name that does not exist', async () => {
    const error = await failureOf(transportTo(configOf({ url: 'https://nowhere.invalid:6443', ca: '' })).send(POST));
    expect(error).toMatchObject({ neverSent: true });
  });

  test('is a request to a server that never speaks TLS', async () => {
    const server = kept(await startTcpServer(() => undefined));
    const error = await failureOf(transportTo(configOf(server), { connectTimeoutMs: 100 }).send({ ...POST, timeoutMs: 10_000 }));
    expect(error).toBeInstanceOf(TransportError);
    expect(error.neverSent).toBe(true);
  });

  test('is a request to a server that answers the handshake with nonsense', async () => {
    const server = kept(await startTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await failureOf(transportTo(configOf(server)).send(POST))).toMatchObject({ name: 'TransportError', neverSent: true });
  });

  test('is a request that waited for a free connection until its time was over', async () => {
    const server = await serving(silence);
    const transport = transportTo(configOf(server), { maxConnections: 1 });
    let firstIsOver = false;
    const first = failureOf(transport.send({ ...GET, path: '/first', timeoutMs: 5_000 })).finally(() => (firstIsOver = true));
    await until('the first has arrived', () => server.arrived.length === 1);
    expect(await failureOf(transport.send({ ...POST, timeoutMs: 50 }))).toMatchObject({ neverSent: true });
    expect(firstIsOver).toBe(false);
    expect((await first).neverSent).toBe(false);
    // What was given up is not sent when its turn comes.
    await failureOf(transport.send({ ...GET, path: '/last', timeoutMs: 200 }));
    expect(server.arrived.map(({ path }) => path)).toEqual(['/first', '/last']);
  });

  test('is a request whose caller had given up before', async () => {
    const server = await serving(ok);
    expect(await failureOf(transportTo(configOf(server)).send({ ...POST, signal: AbortSignal.abort() }))).toMatchObject({
      neverSent: true,
    });
    expect(server.arrived).toEqual([]);
  });
});

describe('trust', () => {
  const other = clientCertificate('some-other-authority').cert;

  test('is refused to a certificate that the authority did not sign', async () => {
    const server = await serving(ok);
    const error = await failureOf(transportTo(configOf({ ...server, ca: other })).send(POST));
    expect(error).toMatchObject({ neverSent: true });
    expect(error.message).toContain('certificate');
    expect(server.arrived).toEqual([]);
  });

  test('is refused to a certificate for another name, and given where that name is expected', async () => {
    const server = await serving(ok);
    const wrong = await failureOf(transportTo(configOf(server, { tlsServerName: 'api.example.test' })).send(POST));
    expect(wrong).toMatchObject({ neverSent: true });
    expect(wrong.message).toContain('for another name');
    expect((await transportTo(configOf(server, { tlsServerName: 'localhost' })).send(GET)).status).toBe(200);
  });

  test('is given to anybody only where the configuration says so', async () => {
    const server = await serving(ok);
    expect((await transportTo(configOf({ ...server, ca: other }, { insecureSkipTlsVerify: true })).send(GET)).status).toBe(200);
  });
});

describe('credentials', () => {
  test('go with every request, client certificates too', async () => {
    const server = await serving(ok);
    await transportTo(configOf(server, {}, { headers: { authorization: 'Bearer one' }, ...clientCertificate('deployer') })).send(GET);
    expect(server.arrived[0]).toMatchObject({ client: 'deployer', headers: { authorization: 'Bearer one' } });
  });

  test('are asked for again after a 401, and the request is sent once more with new ones', async () => {
    const server = await serving((request, response) =>
      answerJson(response, request.headers.authorization === 'Bearer new' ? 200 : 401, {}),
    );
    let token = 'old';
    const credentials = (options?: { readonly refresh?: boolean }): Promise<Credentials> => {
      if (options?.refresh === true) token = 'new';
      return Promise.resolve({ headers: { authorization: `Bearer ${token}` } });
    };
    expect((await transportTo(configOf(server, { credentials })).send(POST)).status).toBe(200);
    expect(server.arrived.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
    expect(server.arrived[1]?.body).toBe(POST.body);
  });

  test('that stay the same are not tried twice', async () => {
    const server = await serving((_request, response) => answerJson(response, 401, {}));
    expect((await transportTo(configOf(server)).send(GET)).status).toBe(401);
    expect(server.arrived).toHaveLength(1);
  });

  test('that are refused once more end it: the 401 is the answer', async () => {
    const server = await serving((_request, response) => answerJson(response, 401, {}));
    let asked = 0;
    const credentials = (): Promise<Credentials> => Promise.resolve({ headers: { authorization: `Bearer ${(asked += 1)}` } });
    expect((await transportTo(configOf(server, { credentials })).send(GET)).status).toBe(401);
    expect(server.arrived).toHaveLength(2);
  });

  test('with another client certificate open other connections, and running requests end on the old ones', async () => {
    let release: (() => void) | undefined;
    const server = await serving((request, response) => {
      if (request.path === '/slow') release = () => response.end('done');
      else response.end('{}');
    });
    let current: Credentials = { headers: {}, ...clientCertificate('first') };
    const transport = transportTo(configOf(server, { credentials: () => Promise.resolve(current) }));
    const slow = transport.send({ ...GET, path: '/slow' });
    await until('the slow one has arrived', () => release !== undefined);
    current = { headers: {}, ...clientCertificate('second') };
    await transport.send(GET);
    release?.();
    expect((await slow).body).toBe('done');
    expect(server.arrived.map(({ client }) => client)).toEqual(['first', 'second']);
  });

  test('that cannot be had are the error, and nothing is sent', async () => {
    const server = await serving(ok);
    const credentials = (): Promise<Credentials> => Promise.reject(new Error('the plugin is not installed'));
    expect((await failureOf(transportTo(configOf(server, { credentials })).send(GET))).message).toBe('the plugin is not installed');
    expect(server.arrived).toEqual([]);
  });
});

describe('impersonation', () => {
  test('sends the identity of the request instead of the one of the configuration, never a mixture', async () => {
    const server = await serving(ok);
    const transport = transportTo(configOf(server, { as: { user: 'from-config', groups: ['admins'], extra: { a: ['b'] } } }));
    await transport.send(GET);
    await transport.send({ ...GET, as: { user: 'from-request' } });
    expect(server.arrived[0]?.headers).toMatchObject({
      'impersonate-user': 'from-config',
      'impersonate-group': 'admins',
      'impersonate-extra-a': 'b',
    });
    expect(Object.keys(server.arrived[1]?.headers ?? {}).filter((name) => name.startsWith('impersonate'))).toEqual(['impersonate-user']);
    expect(server.arrived[1]?.headers['impersonate-user']).toBe('from-request');
  });

  test('sends one header line for each group and each value of an extra', async () => {
    const server = await serving(ok);
    await transportTo(configOf(server)).send({ ...GET, as: { user: 'u', groups: ['a', 'b'], extra: { 'tx.janus.io/grant': ['1', '2'] } } });
    const raw = server.arrived[0]?.rawHeaders ?? [];
    const pairs = raw.flatMap((name, i) => (i % 2 === 0 && name.startsWith('Impersonate') ? [`${name}: ${raw[i + 1] ?? ''}`] : []));
    expect(pairs).toEqual([
      'Impersonate-User: u',
      'Impersonate-Group: a',
      'Impersonate-Group: b',
      'Impersonate-Extra-tx.janus.io%2Fgrant: 1',
      'Impersonate-Extra-tx.janus.io%2Fgrant: 2',
    ]);
  });

  test('of nobody in particular is refused before anything is sent', async () => {
    const server = await serving(ok);
    expect(await failureOf(transportTo(configOf(server)).send({ ...GET, as: { user: '' } }))).toBeInstanceOf(InvalidRequestError);
    expect(server.arrived).toEqual([]);
  });
});

describe('a stream', () => {
  test('is open as soon as its headers are there, and may then be silent for longer than a request', async () => {
    let finish: (() => void) | undefined;
    const server = await serving((_request, response) => {
      response.writeHead(200).flushHeaders();
      finish = () => response.end('late');
    });
    const { status, body } = await transportTo(configOf(server), { timeoutMs: 200 }).stream(GET);
    expect(status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 400));
    finish?.();
    const chunks: unknown[] = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(Buffer.concat(chunks as Buffer[]).toString()).toBe('late');
  });

  test('without headers in time is an error', async () => {
    const server = await serving(silence);
    const error = await failureOf(transportTo(configOf(server)).stream({ ...GET, timeoutMs: 50 }));
    expect(error.message).toContain('no answer within 50 ms');
  });

  test('ends when its signal aborts, for the server too', async () => {
    let ended = false;
    const server = await serving((_request, response) => {
      response.on('close', () => (ended = true));
      response.writeHead(200).write('{"type":"ADDED"}\n');
    });
    const controller = new AbortController();
    const { body } = await transportTo(configOf(server)).stream({ ...GET, signal: controller.signal });
    controller.abort();
    await until('the stream is closed', () => body.closed);
    await until('the server knows', () => ended);
  });

  test('that breaks before anybody reads it does not end the process', async () => {
    const server = await serving((_request, response, socket) => response.writeHead(200).write('x', () => socket.destroy()));
    const { body } = await transportTo(configOf(server)).stream(GET);
    await until('the stream is closed', () => body.closed);
    expect(body.errored).toBeInstanceOf(Error);
  });

  test('is asked for again with new credentials after a 401', async () => {
    const server = await serving((request, response) => answerJson(response, request.headers.authorization === 'Bearer 1' ? 401 : 200, {}));
    let asked = 0;
    const credentials = (): Promise<Credentials> => Promise.resolve({ headers: { authorization: `Bearer ${(asked += 1)}` } });
    const { status, body } = await transportTo(configOf(server, { credentials })).stream(GET);
    expect(status).toBe(200);
    body.destroy();
  });
});

describe('closing', () => {
  test('waits for running requests, ends streams, and closes every connection', async () => {
    let release: (() => void) | undefined;
    const server = await serving((request, response) => {
      if (request.path === '/watch') response.writeHead(200).flushHeaders();
      else release = () => response.end('done');
    });
    const transport = createTransport(configOf(server));
    const stream = await transport.stream({ ...GET, path: '/watch' });
    const running = transport.send(GET);
    await until('the request has arrived', () => release !== undefined);
    const closed = transport.close();
    release?.();
    expect((await running).body).toBe('done');
    await closed;
    await until('the stream is closed', () => stream.body.destroyed);
    await until('no connection is left', () => server.open() === 0);
  });

  test('makes later requests fail without being sent', async () => {
    const server = await serving(ok);
    const transport = createTransport(configOf(server));
    await transport.send(GET);
    await transport.close();
    expect(await failureOf(transport.send(POST))).toMatchObject({ name: 'TransportError', neverSent: true });
    expect(server.arrived).toHaveLength(1);
  });

  test('is possible before anything was sent', async () => {
    const transport = createTransport(configOf({ url: 'https://127.0.0.1:1', ca: '' }));
    await expect(transport.close()).resolves.toBeUndefined();
  });
});

describe('observing', () => {
  test('tells of each exchange once, with what it was about and what became of it', async () => {
    const seen: RequestObservation[] = [];
    const server = await serving((request, response, socket) =>
      request.path === '/reset' ? void socket.destroy() : answerJson(response, 404, {}),
    );
    const transport = transportTo(configOf(server), { onRequest: (observation) => void seen.push(observation) });
    const label = { verb: 'get', resource: 'configmaps', namespace: 'shop', name: 'settings', dryRun: false } as const;
    await transport.send({ ...GET, label, as: { user: 'someone' } });
    await failureOf(transport.send({ ...GET, path: '/reset' }));
    expect(seen).toMatchObject([
      { ...label, method: 'GET', code: 404, as: 'someone' },
      { verb: 'raw', method: 'GET', code: 0 },
    ]);
    expect(seen.every(({ ms }) => ms >= 0)).toBe(true);
  });

  test("tells the server's time of day, as the answer carries it", async () => {
    const seen: RequestObservation[] = [];
    const date = 'Thu, 01 Jan 2026 12:00:00 GMT';
    const server = await serving((_request, response) => {
      response.setHeader('date', date);
      answerJson(response, 200, {});
    });
    await transportTo(configOf(server), { onRequest: (observation) => void seen.push(observation) }).send(GET);
    expect(seen.map((one) => one.date)).toEqual([date]);
  });

  test('an interceptor stands before the sending and after the answer', async () => {
    const server = await serving(ok);
    const transport = transportTo(configOf(server), {
      intercept: async (request, send) => {
        if (request.method === 'POST') throw new TransportError('lost on the way out', { neverSent: true });
        await send(request);
        throw new TransportError('lost on the way back', { neverSent: false });
      },
    });
    expect((await failureOf(transport.send(POST))).message).toBe('lost on the way out');
    expect((await failureOf(transport.send(GET))).message).toBe('lost on the way back');
    expect(server.arrived.map(({ method }) => method)).toEqual(['GET']);
  });
});

describe('a proxy on the way', () => {
  test('is asked for a tunnel, and the request arrives through it', async () => {
    const asked: string[] = [];
    const server = await serving(ok);
    const proxy = kept(
      await startTcpServer((socket) => {
        socket.once('data', (head) => {
          asked.push(head.toString().split('\r\n')[0] ?? '');
          const onward = connect(server.port, '127.0.0.1', () => {
            socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
            socket.pipe(onward).pipe(socket);
          });
          onward.on('error', () => socket.destroy());
          socket.on('close', () => onward.destroy());
        });
      }),
    );
    const transport = transportTo(configOf(server, { proxyUrl: proxy.url.replace('https:', 'http:') }));
    expect((await transport.send(POST)).status).toBe(200);
    expect(server.arrived[0]).toMatchObject({ method: 'POST', path: '/api/v1/things', body: POST.body });
    expect(asked).toEqual([`CONNECT 127.0.0.1:${server.port} HTTP/1.1`]);
  });

  test('that refuses is an error that says so', async () => {
    const server = await serving(ok);
    const proxy = kept(await startTcpServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'))));
    const error = await failureOf(transportTo(configOf(server, { proxyUrl: proxy.url.replace('https:', 'http:') })).send(POST));
    expect(error).toMatchObject({ name: 'TransportError', neverSent: true });
    expect(server.arrived).toEqual([]);
  });
});
