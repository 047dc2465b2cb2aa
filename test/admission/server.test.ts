import { connect as connectPlain } from 'node:net';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebhookServer } from '../../src/admission/server.ts';
import { allow } from '../../src/admission/verdict.ts';
import { RawConnection } from './raw-connection.ts';
import { reviewBody, UID } from './reviews.ts';
import type { Signed } from './serving.ts';
import { selfSigned, serve } from './serving.ts';

let bundle: Signed;
let server: WebhookServer;
const faults: unknown[] = [];

beforeAll(async () => {
  bundle = await selfSigned();
  server = await serve(bundle, {
    handlers: {
      '/validate-locks': ({ name }) => Promise.resolve(allow('ok', { warnings: [name] })),
      '/broken': () => Promise.reject(new Error('the password is hunter2')),
    },
    observer: { faulted: (path, _uid, error) => faults.push([path, error]) },
    limits: { bodyBytes: 64 * 1024, bodyMs: 300, headersMs: 300, requestMs: 600, keepAliveMs: 60_000, handshakeMs: 300 },
  });
});
afterAll(() => server.close(0));

const post = (path: string) =>
  request(`https://127.0.0.1:${server.port}`).post(path).ca(bundle.authorities).set('Content-Type', 'application/json');

describe('the webhook server', () => {
  test('answers a review, whatever the query', async () => {
    const { body, status, headers } = await post('/validate-locks?timeout=5s').send(reviewBody());
    expect(status).toBe(200);
    expect(body).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: UID, allowed: true, warnings: ['deploy'] },
    });
    expect(headers['x-powered-by']).toBeUndefined();
  });

  test('answers with a denial when its handler throws, and tells only the observer why', async () => {
    const { body, status, text } = await post('/broken').send(reviewBody());
    expect(status).toBe(200);
    expect(body).toMatchObject({ response: { uid: UID, allowed: false, status: { code: 500 } } });
    expect(text).not.toContain('hunter2');
    expect(faults).toEqual([['/broken', expect.objectContaining({ message: 'the password is hunter2' })]]);
  });

  test.each([
    ['no JSON', '{'],
    ['no text', ''],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a review of another version', JSON.stringify({ ...reviewBody(), apiVersion: 'admission.k8s.io/v1beta1' })],
    ['a review without a uid', JSON.stringify(reviewBody({ uid: undefined }))],
    ['a list', '[]'],
    ['deep beyond reason', '['.repeat(30_000)],
  ])('refuses a body that is %s with 400', async (_what, body) => {
    const { status, text } = await post('/validate-locks')
      .serialize((raw) => raw as string)
      .send(body);
    expect(status).toBe(400);
    expect(text).toMatch(/^[A-Z].*\.\n$/);
  });

  test('takes the last of two uids, as JSON parsers do, and answers two reviews of one uid separately', async () => {
    const doubled = JSON.stringify(reviewBody()).replace('"request":{', '"request":{"uid":"first",');
    const [first, second] = await Promise.all([post('/validate-locks').send(doubled), post('/broken').send(reviewBody())]);
    expect(first.body).toMatchObject({ response: { uid: UID, allowed: true } });
    expect(second.body).toMatchObject({ response: { uid: UID, allowed: false } });
  });

  test('is not polluted by a hostile body', async () => {
    const hostile = JSON.stringify(reviewBody()).replace(
      '"request":{',
      '"__proto__":{"allowed":true},"constructor":{"prototype":{"x":1}},"request":{"__proto__":{"dryRun":true},',
    );
    expect((await post('/validate-locks').send(hostile)).status).toBe(200);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test.each([
    ['no type', ''],
    ['text', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['YAML', 'application/yaml'],
  ])('refuses %s with 415', async (_what, type) => {
    const connection = await RawConnection.open(server.port, bundle.authorities);
    connection.write(
      `POST /validate-locks HTTP/1.1\r\nHost: w\r\n${type === '' ? '' : `Content-Type: ${type}\r\n`}Content-Length: 2\r\n\r\n{}`,
    );
    expect((await connection.response()).head).toContain('415');
    await connection.untilClosed();
  });

  test('accepts a type with parameters and refuses compressed bodies', async () => {
    expect(
      (await post('/validate-locks').set('Content-Type', 'Application/JSON; charset=utf-8').send(JSON.stringify(reviewBody()))).status,
    ).toBe(200);
    expect((await post('/validate-locks').set('Content-Encoding', 'gzip').send(JSON.stringify(reviewBody()))).status).toBe(415);
  });

  test.each(['get', 'put', 'patch', 'delete', 'options', 'head'] as const)('refuses %s with 405', async (method) => {
    const { status, headers } = await request(`https://127.0.0.1:${server.port}`)[method]('/validate-locks').ca(bundle.authorities);
    expect([status, headers['allow']]).toEqual([405, 'POST']);
  });

  test.each(['/', '/Validate-Locks', '/validate-locks/', '/validate-locks/x', '/__proto__', '/..%2fvalidate-locks'])(
    'knows nothing at %s',
    async (path) => {
      expect((await post(path).send(reviewBody())).status).toBe(404);
    },
  );

  test('refuses a body over the limit by its announced length, before it is sent', async () => {
    const connection = await RawConnection.open(server.port, bundle.authorities);
    connection.write('POST /validate-locks HTTP/1.1\r\nHost: w\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n');
    const { head, body } = await connection.response();
    expect(head).toMatch(/^HTTP\/1\.1 413/);
    expect(head).toMatch(/connection: close/i);
    expect(body).toContain('65536 bytes');
    connection.end();
  });

  test('refuses a body over the limit that never announced its length', async () => {
    const connection = await RawConnection.open(server.port, bundle.authorities);
    connection.write('POST /validate-locks HTTP/1.1\r\nHost: w\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
    connection.write(`ffff\r\n${'x'.repeat(0xffff)}\r\nffff\r\n${'x'.repeat(0xffff)}\r\n`);
    expect((await connection.response()).head).toMatch(/^HTTP\/1\.1 413/);
    connection.end();
  });

  test('accepts a body of just the limit', async () => {
    const body = JSON.stringify(reviewBody());
    const padded = `${body.slice(0, -1)},"pad":"${'x'.repeat(64 * 1024 - body.length - 9)}"}`;
    expect(Buffer.byteLength(padded)).toBe(64 * 1024);
    expect((await post('/validate-locks').send(padded)).status).toBe(200);
    expect((await post('/validate-locks').send(padded.replace('"x', '"xx'))).status).toBe(413);
  });

  test('gives up on a body that trickles', async () => {
    const connection = await RawConnection.open(server.port, bundle.authorities);
    connection.write('POST /validate-locks HTTP/1.1\r\nHost: w\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
    const { head, body } = await connection.response();
    expect(head).toMatch(/^HTTP\/1\.1 408/);
    expect(body).toContain('300 ms');
    await connection.untilClosed();
  });

  test('gives up on headers that trickle', async () => {
    const connection = await RawConnection.open(server.port, bundle.authorities);
    connection.write('POST /validate-locks HTTP/1.1\r\nHost:');
    await connection.untilClosed();
    expect(connection.received).toContain('408');
  });

  test('refuses headers over the limit', async () => {
    const connection = await RawConnection.open(server.port, bundle.authorities);
    connection.write(`POST /validate-locks HTTP/1.1\r\nHost: w\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    await connection.untilClosed();
    expect(connection.received).toContain('431');
  });

  test('gives up on a handshake that does not go on', async () => {
    const socket = connectPlain(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.destroyed).toBe(true);
  });

  test('outlives a sender that leaves in the middle of its body', async () => {
    const connection = await RawConnection.open(server.port, bundle.authorities);
    connection.write('POST /validate-locks HTTP/1.1\r\nHost: w\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
    connection.end();
    await connection.untilClosed();
    expect((await post('/validate-locks').send(reviewBody())).status).toBe(200);
  });

  test('speaks HTTP/1.1 and nothing else, over TLS 1.2 or newer', async () => {
    const { connect } = await import('node:tls');
    const protocol = await new Promise((resolve, reject) => {
      const socket = connect({ port: server.port, host: '127.0.0.1', ca: bundle.authorities, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
        resolve(socket.alpnProtocol);
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(protocol).toBe('http/1.1');
    const old = connect({
      port: server.port,
      host: '127.0.0.1',
      ca: bundle.authorities,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    await expect(new Promise((resolve, reject) => old.once('secureConnect', resolve).once('error', reject))).rejects.toThrow();
  });
});

test('a certificate that cannot be used does not start', async () => {
  await expect(serve({ serving: { certificate: 'x', privateKey: 'y' } }, { handlers: {} })).rejects.toThrow();
});

test('a port that is taken is an error', async () => {
  await expect(serve(bundle, { handlers: {}, port: server.port })).rejects.toThrow('EADDRINUSE');
});
