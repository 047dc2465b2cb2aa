import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkHandshake } from '../../src/admission/readiness.ts';
import type { WebhookServer } from '../../src/admission/server.ts';
import type { Signed } from './serving.ts';
import { selfSigned, serve } from './serving.ts';

const HOST = 'janus-webhook.janus-system.svc';
let bundle: Signed;
let server: WebhookServer;
beforeAll(async () => {
  bundle = await selfSigned([HOST, '127.0.0.1']);
  server = await serve(bundle, { handlers: {} });
});
afterAll(() => server.close(0));

describe('readiness', () => {
  test.each([HOST, '127.0.0.1'])('is a handshake with our own certificate, as %s', async (servername) => {
    await checkHandshake({ now: Date.now(), port: server.port, servername, bundle });
  });

  test('needs no known authority if the certificate is the very one', async () => {
    await checkHandshake({ now: Date.now(), port: server.port, servername: HOST, bundle: { serving: bundle.serving } });
  });

  test.each(['janus-webhook.other.svc', '10.0.0.1'])('fails for the name %s, which the certificate is not for', async (servername) => {
    await expect(checkHandshake({ now: Date.now(), port: server.port, servername, bundle })).rejects.toThrow(
      `own port ${server.port} is not ready`,
    );
  });

  test('fails when another certificate is shown', async () => {
    const other = await selfSigned([HOST]);
    await expect(checkHandshake({ now: Date.now(), port: server.port, servername: HOST, bundle: other })).rejects.toThrow('is not ready');
    await expect(
      checkHandshake({ now: Date.now(), port: server.port, servername: HOST, bundle: { serving: other.serving } }),
    ).rejects.toThrow('another certificate');
    await expect(
      checkHandshake({ now: Date.now(), port: server.port, servername: HOST, bundle: { ...other, authorities: bundle.authorities } }),
    ).rejects.toThrow('another certificate');
  });

  test('fails when the certificate has expired', async () => {
    const expired = await selfSigned([HOST], Date.now() - 31 * 86_400_000);
    const stale = await serve(expired, { handlers: {} });
    await expect(checkHandshake({ now: Date.now(), port: stale.port, servername: HOST, bundle: expired })).rejects.toThrow('expired');
    await expect(
      checkHandshake({ now: Date.now(), port: stale.port, servername: HOST, bundle: { serving: expired.serving } }),
    ).rejects.toThrow('expired at');
    await stale.close(0);
  });

  test('fails when nobody listens', async () => {
    const closed = await serve(bundle, { handlers: {} });
    await closed.close(0);
    await expect(checkHandshake({ now: Date.now(), port: closed.port, servername: HOST, bundle })).rejects.toThrow('ECONNREFUSED');
  });

  test('fails in time when somebody listens who does not answer', async () => {
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as { port: number };
    await expect(checkHandshake({ now: Date.now(), port, servername: HOST, bundle, timeoutMs: 50 })).rejects.toThrow(
      'no handshake within 50 ms',
    );
    mute.close();
  });
});
