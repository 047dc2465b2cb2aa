import { once, setMaxListeners } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { pause } from '../../src/kube/pause.ts';

/** One replica behind a balancer. */
export interface Behind {
  readonly webhook: number;
  readonly health: number;
}

/** One address before several replicas, as a Service is on a cluster: plain TCP, new connections go to those that say they are ready. */
export interface Balancer {
  readonly port: number;
  /** Asked whether it is ready, from now on. */
  add(replica: Behind): void;
  /** Questions that were never answered: their replica broke off, or had just closed the connection. */
  cut(): number;
  close(): Promise<void>;
}

/** How often readiness is asked for; milliseconds. */
const PROBE_MS = 50;
/** How long an answer is waited for. */
const PATIENCE_MS = 5_000;
/** What TLS says at the end of a connection is shorter than any question. */
const GOODBYE_BYTES = 100;

interface Backend extends Behind {
  ready: boolean;
}

export async function startBalancer(): Promise<Balancer> {
  const backends: Backend[] = [];
  const open = new Set<Socket>();
  const ending = new AbortController();
  // One for each replica that there ever was.
  setMaxListeners(0, ending.signal);
  let turn = 0;
  let cut = 0;

  const candidates = (): readonly Backend[] => {
    turn += 1;
    const ready = backends.filter((backend) => backend.ready);
    const first = turn % Math.max(1, ready.length);
    // Where nobody says that it is ready, whoever answers all the same, as kube-proxy does.
    return [...ready.slice(first), ...ready.slice(0, first), ...backends.filter((backend) => !backend.ready)];
  };
  const pass = (client: Socket, [backend, ...others]: readonly Backend[], first: Buffer): void => {
    if (backend === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(backend.webhook, '127.0.0.1');
    const refused = (): void => {
      backend.ready = false;
      pass(client, others, first);
    };
    upstream.once('error', refused);
    upstream.once('connect', () => {
      upstream.off('error', refused);
      join(client, upstream, first);
    });
  };
  const join = (client: Socket, upstream: Socket, first: Buffer): void => {
    let waiting = true;
    let over = false;
    const lost = (): void => {
      cut += 1;
      client.destroy();
    };
    open.add(upstream);
    upstream.write(first);
    client.on('data', (data) => {
      const asks = data.length > GOODBYE_BYTES;
      waiting ||= asks;
      // Sent before it was known that the replica has closed the connection.
      if (over && asks) lost();
      else if (over) client.resume();
      else if (!upstream.write(data)) client.pause();
    });
    upstream.on('drain', () => client.resume());
    upstream.on('data', (data) => {
      waiting = false;
      client.write(data);
    });
    upstream.on('error', () => undefined);
    upstream.on('close', () => {
      open.delete(upstream);
      over = true;
      if (waiting && !client.destroyed) lost();
      else client.end();
    });
    client.on('end', () => {
      client.end();
      upstream.end();
    });
    client.on('close', () => upstream.destroy());
    client.resume();
  };
  // Half open: a question that arrives after its connection was closed must be seen.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    open.add(client);
    client.on('error', () => undefined);
    client.on('close', () => open.delete(client));
    // A backend is chosen when there is something to send: until then it may yet go away.
    client.once('data', (first) => {
      client.pause();
      pass(client, candidates(), first);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  // Each by itself: one that is asked in vain must not keep the others waiting.
  const watching = new Set<Promise<void>>();
  const watch = async (backend: Backend): Promise<void> => {
    do await probe(backend);
    while (await pause(PROBE_MS, ending.signal));
  };
  return {
    port: (server.address() as AddressInfo).port,
    add(replica) {
      const backend = { ...replica, ready: false };
      backends.push(backend);
      watching.add(watch(backend));
    },
    cut: () => cut,
    async close() {
      ending.abort();
      await Promise.all(watching);
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

async function probe(backend: Backend): Promise<void> {
  try {
    const answer = await fetch(`http://127.0.0.1:${String(backend.health)}/readyz`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await answer.arrayBuffer();
    backend.ready = answer.status === 200;
  } catch {
    backend.ready = false;
  }
}
