import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { CertificateBundle, CertificateSource } from '../admission/certificate-source.ts';

/** One answer. */
export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** A small HTTP server for probes and metrics. */
export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

/** What may stand before the pages of a server. */
export interface PageGuard {
  /** By which certificate it is served. */
  readonly certificates: Pick<CertificateSource, 'current' | 'onChange'>;
  /** The page that is shown in place of the one that was asked for; undefined where that may be seen. */
  readonly refuse: (headers: IncomingMessage['headers']) => Promise<Page | undefined>;
}

/** Serves pages by path, with a guard by TLS. A page that throws answers 500 with its message. @throws Error when the port cannot be had */
export async function servePages(
  port: number,
  pages: Readonly<Record<string, () => Promise<Page>>>,
  guard?: PageGuard,
): Promise<PageServer> {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '/').replace(/\?.*/s, '');
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    void answer(async () => (await guard?.refuse(request.headers)) ?? (page === undefined ? NOT_FOUND : page())).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body),
    );
  };
  const server = guard === undefined ? createServer(listener) : tlsServer(guard.certificates, listener);
  server.listen(port);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function tlsServer(
  certificates: PageGuard['certificates'],
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const context = ({ serving }: CertificateBundle) =>
    ({ key: serving.privateKey, cert: serving.certificate, minVersion: 'TLSv1.2' }) as const;
  const server = createTlsServer(context(certificates.current()), listener);
  certificates.onChange((bundle) => server.setSecureContext(context(bundle)));
  return server;
}

/** Throws where something is wrong; returns, at once or later, words for what is to be known and no reason to be left out. */
export type Check = () => unknown;

/** A line a check, and 503 where one fails: the words are for whoever looks at `kubectl describe pod`. */
export async function checks(list: Readonly<Record<string, Check>>): Promise<Page> {
  const lines = await Promise.all(
    Object.entries(list).map(async ([name, check]) => {
      try {
        const words = await check();
        return { ok: true, line: typeof words === 'string' ? `[!] ${name}: ${words}` : `[+] ${name} ok` };
      } catch (error) {
        return { ok: false, line: `[-] ${name} failed: ${error instanceof Error ? error.message : String(error)}` };
      }
    }),
  );
  return {
    status: lines.every(({ ok }) => ok) ? 200 : 503,
    type: 'text/plain; charset=utf-8',
    body: `${lines.map(({ line }) => line).join('\n')}\n`,
  };
}

const NOT_FOUND: Page = { status: 404, type: 'text/plain', body: 'not found\n' };

async function answer(page: () => Promise<Page>): Promise<Page> {
  try {
    return await page();
  } catch (error) {
    return { status: 500, type: 'text/plain', body: `${error instanceof Error ? error.message : String(error)}\n` };
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
