import { once } from 'node:events';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { BodyLimits } from './body.ts';
import type { ServingCertificate } from './certificates.ts';
import type { AdmissionObserver, Handler } from './handle.ts';
import { routes } from './routes.ts';

/** All times in milliseconds. */
export interface ServerLimits extends BodyLimits {
  readonly headerBytes: number;
  /** From the first byte of a request to the end of its headers; time spent idle between requests does not count. */
  readonly headersMs: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  /** How long an idle connection is kept. */
  readonly keepAliveMs: number;
  readonly handshakeMs: number;
}

/**
 * API servers drop idle connections after 90 s. Ours live longer, so that it is never us who closes one just as a review
 * is sent on it: with `failurePolicy: Fail` that would be a denial for nothing.
 */
export const DEFAULT_LIMITS: ServerLimits = {
  bodyBytes: 8 * 1024 * 1024,
  bodyMs: 4_000,
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 15_000,
  keepAliveMs: 120_000,
  handshakeMs: 10_000,
};

export interface ServerOptions {
  /** Handlers by absolute path; one that ends in a slash serves what is directly below it. */
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly certificate: ServingCertificate;
  /** 0 takes any free port. */
  readonly port: number;
  /** Address to listen on; every one by default. */
  readonly host?: string;
  readonly observer?: AdmissionObserver;
  readonly limits?: Partial<ServerLimits>;
}

export interface WebhookServer {
  readonly port: number;
  /** Connections that are open keep the certificate they began with, new ones see this one. Throws for a pair that does not fit. */
  setCertificate(certificate: ServingCertificate): void;
  /** From now on every answer closes its connection, so that clients turn to other replicas. Still accepts. */
  drain(): void;
  /** Stops accepting, answers what is in flight, and resolves when all connections are gone, by force after `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** Starts the HTTPS server for admission reviews (HTTP/1.1, as API servers speak to webhooks). Throws if the port cannot be had. */
export async function startWebhookServer(options: ServerOptions): Promise<WebhookServer> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  let draining = false;
  const app = routes({ handlers: options.handlers, observer: options.observer ?? {}, limits, draining: () => draining });
  const server = createServer(
    {
      ...secureContext(options.certificate),
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: limits.handshakeMs,
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    },
    (request, response) => void app(request, response),
  );
  const sockets = trackSockets(server);
  server.listen({ port: options.port, ...(options.host === undefined ? {} : { host: options.host }) });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    setCertificate: (certificate) => server.setSecureContext(secureContext(certificate)),
    drain: () => void (draining = true),
    close: (timeoutMs) => {
      draining = true;
      return closeServer(server, sockets, timeoutMs);
    },
  };
}

function secureContext(certificate: ServingCertificate): { key: string; cert: string; minVersion: 'TLSv1.2' } {
  return { key: certificate.privateKey, cert: certificate.certificate, minVersion: 'TLSv1.2' };
}

// The server's own list leaves out connections that are still shaking hands: those would hold up a shutdown.
function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>, timeoutMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, timeoutMs);
  await closed;
  clearTimeout(timer);
}
