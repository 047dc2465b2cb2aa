import { createServer } from 'node:net';

// Below the ranges that Linux (32768 and up) and macOS (49152 and up) give to outgoing connections, and below node ports: a port
// must stay ours while the API server is down between two starts.
const FIRST = 10_000;
const LAST = 29_999;

const given = new Set<number>();

/** A TCP port of 127.0.0.1 on which nothing listens, never the same twice in one process. Throws when none is found. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (given.has(port) || !(await canListen(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`No free TCP port on 127.0.0.1 between ${FIRST} and ${LAST}. End what listens there and try again.`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
