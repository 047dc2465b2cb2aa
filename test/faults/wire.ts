import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire to an API server that breaks. */
export interface Wire {
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  /** From now on the wire breaks in the midst of every n-th answer: the server has done what it was asked, and who asked hears half of it. */
  cutEvery(n: number): void;
  /** Connections that broke off in the midst of an answer. */
  cut(): number;
  close(): Promise<void>;
}

/** What TLS says after its greeting is shorter than any question of Janus, which carries a token. */
const GREETING_BYTES = 600;

/**
 * Passes bytes to and fro, whole until it is told to cut.
 * @param server URL of the API server
 */
export async function startWire(server: string): Promise<Wire> {
  const { port, hostname } = new URL(server);
  const open = new Set<Socket>();
  let asked = 0;
  let cut = 0;
  let every = Infinity;
  const wire = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let doomed = false;
    let greeted = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => {
      if (greeted && data.length > GREETING_BYTES) doomed = (asked += 1) % every === 0;
      greeted = true;
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!doomed) {
        client.write(data);
        return;
      }
      cut += 1;
      client.write(data.subarray(0, data.length / 2), () => client.resetAndDestroy());
    });
  });
  wire.listen(0, '127.0.0.1');
  await once(wire, 'listening');
  return {
    server: `https://127.0.0.1:${String((wire.address() as AddressInfo).port)}`,
    cutEvery: (n) => (every = n),
    cut: () => cut,
    async close() {
      wire.close();
      for (const socket of open) socket.destroy();
      await once(wire, 'close');
    },
  };
}
