import { once } from 'node:events';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { WebhookServer } from '../../src/admission/server.ts';
import { DEFAULT_LIMITS } from '../../src/admission/server.ts';
import type { Verdict } from '../../src/admission/verdict.ts';
import { allow } from '../../src/admission/verdict.ts';
import { RawConnection } from './raw-connection.ts';
import { reviewBody } from './reviews.ts';
import type { Signed } from './serving.ts';
import { selfSigned, serve } from './serving.ts';

const REVIEW = JSON.stringify(reviewBody());
let server: WebhookServer | undefined;
let bundle: Signed;
let other: Signed;
beforeAll(async () => {
  [bundle, other] = await Promise.all([selfSigned(), selfSigned()]);
});
afterEach(() => server?.close(0));

/** A handler that answers when the test says so. */
function held(): { readonly handler: () => Promise<Verdict>; readonly entered: Promise<void>; release: () => void } {
  let release = (): void => undefined;
  let enter = (): void => undefined;
  const entered = new Promise<void>((resolve) => (enter = resolve));
  const answer = new Promise<Verdict>((resolve) => (release = () => resolve(allow('late'))));
  return { handler: () => (enter(), answer), entered, release: () => release() };
}

const serialOf = (connection: RawConnection): string => connection.socket.getPeerX509Certificate()?.serialNumber ?? '';

describe('connections', () => {
  test('are kept longer than API servers keep them idle', () => {
    expect(DEFAULT_LIMITS.keepAliveMs).toBeGreaterThan(90_000);
  });

  test('idle longer than headers or a body may take are still good', async () => {
    server = await serve(bundle, {
      handlers: { '/': () => Promise.resolve(allow('ok')) },
      limits: { keepAliveMs: 60_000, headersMs: 100, requestMs: 150, bodyMs: 100 },
    });
    const idle = await RawConnection.open(server.port, bundle.authorities);
    idle.post('/', REVIEW);
    expect((await idle.response()).head).toContain('200');
    // Another connection that trickles is the clock: once it is cut off, more than the limits have passed.
    for (let round = 0; round < 3; round += 1) {
      const slow = await RawConnection.open(server.port, bundle.authorities);
      slow.write('POST / HTTP/1.1\r\nHost');
      await slow.untilClosed();
    }
    expect(idle.closed).toBe(false);
    idle.post('/', REVIEW);
    expect((await idle.response()).head).toContain('200');
    idle.end();
  });

  test('idle beyond their limit are closed', async () => {
    server = await serve(bundle, { handlers: { '/': () => Promise.resolve(allow('ok')) }, limits: { keepAliveMs: 50 } });
    const idle = await RawConnection.open(server.port, bundle.authorities);
    idle.post('/', REVIEW);
    await idle.response();
    await idle.untilClosed();
  });
});

describe('a new certificate', () => {
  test('is seen by new connections at once, while kept ones go on with the old', async () => {
    const [before, after] = [bundle, other];
    server = await serve(before, { handlers: { '/': () => Promise.resolve(allow('ok')) } });
    const kept = await RawConnection.open(server.port, before.authorities);
    const serial = serialOf(kept);
    server.setCertificate(after.serving);
    const fresh = await RawConnection.open(server.port, after.authorities);
    expect(serialOf(fresh)).not.toBe(serial);
    await expect(RawConnection.open(server.port, before.authorities)).rejects.toThrow();
    kept.post('/', REVIEW);
    expect((await kept.response()).head).toContain('200');
    kept.end();
    fresh.end();
  });

  test('that does not fit its key is refused, and the old one goes on', async () => {
    const before = bundle;
    const running = (server = await serve(before, { handlers: { '/': () => Promise.resolve(allow('ok')) } }));
    expect(() => running.setCertificate({ certificate: other.serving.certificate, privateKey: before.serving.privateKey })).toThrow();
    expect(() => running.setCertificate({ certificate: 'nonsense', privateKey: 'nonsense' })).toThrow();
    (await RawConnection.open(server.port, before.authorities)).end();
  });

  test('fails no review, however often it comes while reviews are sent', async () => {
    const trusted = `${bundle.authorities}\n${other.authorities}`;
    const running = (server = await serve(bundle, { handlers: { '/': () => Promise.resolve(allow('ok')) } }));
    let answered = 0;
    const load = async (): Promise<void> => {
      for (let round = 0; round < 20; round += 1) {
        const connection = await RawConnection.open(running.port, trusted);
        for (let review = 0; review < 3; review += 1) {
          connection.post('/', REVIEW);
          if ((await connection.response()).head.includes('200')) answered += 1;
          running.setCertificate((answered % 2 === 0 ? bundle : other).serving);
        }
        connection.end();
      }
    };
    await Promise.all([load(), load()]);
    expect(answered).toBe(120);
  });
});

describe('shutting down', () => {
  test('first lets every answer close its connection, while new ones are still taken', async () => {
    server = await serve(bundle, { handlers: { '/': () => Promise.resolve(allow('ok')) } });
    const kept = await RawConnection.open(server.port, bundle.authorities);
    kept.post('/', REVIEW);
    expect((await kept.response()).head).not.toMatch(/connection: close/i);
    server.drain();
    kept.post('/', REVIEW);
    expect((await kept.response()).head).toMatch(/connection: close/i);
    await kept.untilClosed();
    const fresh = await RawConnection.open(server.port, bundle.authorities);
    fresh.post('/', REVIEW);
    expect((await fresh.response()).head).toMatch(/200[\s\S]*connection: close/i);
  });

  test('answers what is in flight, closes what is idle, and takes nothing new', async () => {
    const { handler, entered, release } = held();
    server = await serve(bundle, { handlers: { '/': () => Promise.resolve(allow('ok')), '/held': handler } });
    const [idle, busy] = await Promise.all([
      RawConnection.open(server.port, bundle.authorities),
      RawConnection.open(server.port, bundle.authorities),
    ]);
    idle.post('/', REVIEW);
    await idle.response();
    busy.post('/held', REVIEW);
    await entered;
    const closed = server.close(30_000);
    await idle.untilClosed();
    await expect(RawConnection.open(server.port, bundle.authorities)).rejects.toThrow('ECONNREFUSED');
    expect(busy.closed).toBe(false);
    release();
    const { head, body } = await busy.response();
    expect(head).toMatch(/200[\s\S]*connection: close/i);
    expect(JSON.parse(body)).toMatchObject({ response: { allowed: true } });
    await closed;
    await busy.untilClosed();
  });

  test('does not wait longer than it was told for answers, bodies and handshakes that never end', async () => {
    const { handler, entered } = held();
    server = await serve(bundle, { handlers: { '/held': handler } });
    const { connect } = await import('node:net');
    const [unanswered, unsent] = await Promise.all([
      RawConnection.open(server.port, bundle.authorities),
      RawConnection.open(server.port, bundle.authorities),
    ]);
    const unshaken = connect(server.port, '127.0.0.1');
    await once(unshaken, 'connect');
    unanswered.post('/held', REVIEW);
    unsent.write('POST /held HTTP/1.1\r\nHost: w\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{');
    await entered;
    await server.close(50);
    await Promise.all([unanswered.untilClosed(), unsent.untilClosed()]);
  });

  test('twice is as good as once', async () => {
    server = await serve(bundle, { handlers: {} });
    await Promise.all([server.close(0), server.close(0)]);
    await server.close(0);
  });
});
