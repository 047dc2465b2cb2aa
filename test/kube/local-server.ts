import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { ClusterConfig, Credentials } from '../../src/kube/cluster-config.ts';
import { certificate } from '../control-plane/certificate.ts';

/** One request as it arrived. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Names and values in turn, as they were on the wire. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** Common name of the client certificate, if there was one. */
  readonly client: string | undefined;
}

/** A server on 127.0.0.1 with a certificate of its own, that behaves as a test wants it to. */
export interface LocalServer {
  readonly url: string;
  readonly port: number;
  readonly ca: string;
  readonly arrived: readonly Arrived[];
  /** Connections accepted so far. */
  connections(): number;
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

export type Handler = (request: Arrived, response: ServerResponse, socket: Socket) => void;

const authorityKey = newKey();
const AUTHORITY = { commonName: 'local-ca', ...authorityKey };
export const CA = certificate({ commonName: 'local-ca', use: 'ca', publicKey: authorityKey.publicKey }, AUTHORITY);
const serverKey = newKey();
const SERVER = {
  key: pem(serverKey.privateKey),
  cert: certificate(
    { commonName: 'server', use: 'server', names: { dns: ['localhost'], ip: ['127.0.0.1'] }, publicKey: serverKey.publicKey },
    AUTHORITY,
  ),
};

/** A server that hands each request, with its whole body, to `handler`. */
export async function startServer(handler: Handler): Promise<LocalServer> {
  const arrived: Arrived[] = [];
  const server = createServer(
    { ...SERVER, ca: CA, requestCert: true, rejectUnauthorized: false, keepAliveTimeout: 60_000 },
    (request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (body += chunk));
      request.on('error', () => undefined);
      request.on('end', () => {
        const { method = '', url: path = '', headers, rawHeaders } = request;
        const subject = (request.socket as TLSSocket).getPeerCertificate().subject as { CN?: string } | undefined;
        const one = { method, path, headers, rawHeaders, body, client: subject?.CN };
        arrived.push(one);
        handler(one, response, request.socket);
      });
    },
  );
  return listening(server, 'https', arrived);
}

/** A TLS server without HTTP: `onConnection` says what comes over the wire. */
export function startTlsServer(onConnection: (socket: TLSSocket) => void): Promise<LocalServer> {
  const server = createTlsServer(SERVER, (socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  return listening(server, 'https', []);
}

/** A server without TLS. */
export function startTcpServer(onConnection: (socket: Socket) => void): Promise<LocalServer> {
  return listening(createTcpServer(onConnection), 'https', []);
}

/** A client certificate that the local servers' authority has signed. */
export function clientCertificate(commonName: string): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = newKey();
  return { cert: certificate({ commonName, use: 'client', publicKey }, AUTHORITY), key: pem(privateKey) };
}

/** A configuration that leads to a local server. */
export function configOf(
  server: Pick<LocalServer, 'url' | 'ca'>,
  overrides: Partial<ClusterConfig> = {},
  credentials: Credentials = { headers: {} },
): ClusterConfig {
  return {
    server: server.url,
    ca: server.ca,
    namespace: 'default',
    description: 'a local server',
    credentials: () => Promise.resolve(credentials),
    ...overrides,
  };
}

/** Answers with JSON. */
export function answerJson(response: ServerResponse, code: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function listening(server: Server, scheme: string, arrived: readonly Arrived[]): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    ca: CA,
    arrived,
    connections: () => connections,
    open: () => sockets.size,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function newKey(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
