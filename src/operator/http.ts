import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** One answer. */
export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** A small plain HTTP server for probes and metrics. */
export interface PlainServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves pages by path. A page that throws answers 500 with its message. @throws Error when the port cannot be had */
export async function servePages(port: number, pages: Readonly<Record<string, () => Promise<Page>>>): Promise<PlainServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').replace(/\?.*/s, '');
    void answer(Object.hasOwn(pages, path) ? pages[path] : undefined).then(({ status, type, body }) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    });
  });
  server.listen(port);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
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

async function answer(page: (() => Promise<Page>) | undefined): Promise<Page> {
  if (page === undefined) return { status: 404, type: 'text/plain', body: 'not found\n' };
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
