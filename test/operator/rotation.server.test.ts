import { once } from 'node:events';
import { connect } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../control-plane/ports.ts';
import { startBalancer, type Balancer } from '../janus/balancer.ts';
import { hold } from '../janus/holding.ts';
import { inCluster, installDefinitions, installRights } from '../janus/installed.ts';
import { eventually } from '../janus/objects.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import { writeSteadily } from '../janus/steady-writers.ts';
import { configMap, makeConfigMap, makeNamespace } from '../janus/transacting.ts';

/** Half of the writes are to locked objects, and so are admissions. A quiet machine may be asked for more. */
const RATE = Number(process.env['JANUS_TEST_RATE'] ?? 100);
/** A new certificate every ten seconds, a new authority every thirty; the old ones are good for fifty more. */
const CERTIFICATES = { mode: 'self-signed', lifetimes: { lifetimeMs: 60_000, renewBeforeMs: 50_000 } } as const;
const NAMES = ['a', 'b', 'c', 'd'];

let cluster: Cluster;
let balancer: Balancer;
const operators: Operator[] = [];
beforeAll(async () => {
  cluster = await bootCluster();
  await installRights(cluster);
  await installDefinitions(cluster);
  balancer = await startBalancer();
});
afterAll(async () => {
  for (const operator of operators) await operator.crash();
  await cluster?.stop();
  await balancer?.close();
});

async function add(): Promise<Operator> {
  const ports = { webhook: await freePort(), health: await freePort() };
  balancer.add(ports);
  const options = { ...(await inCluster(cluster)), certificates: CERTIFICATES };
  const operator = await cluster.start({ options, ports, webhookUrlPort: balancer.port });
  operators.push(operator);
  return operator;
}

/** What a new connection to a replica is shown now: the certificate, and who signed it. */
async function shown({ ports }: Operator): Promise<{ readonly serial: string; readonly issuer: string }> {
  const socket = connect({ port: ports.webhook, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber, issuer } = new X509Certificate(socket.getPeerCertificate().raw);
  socket.destroy();
  return { serial: serialNumber, issuer };
}

describe('certificates of our own that are rotated', () => {
  test('serve every review of steady writers, through new certificates and a new authority of both replicas', async () => {
    const { admin } = cluster;
    const [first, second] = [await add(), await add()];
    const namespace = await makeNamespace(admin);
    for (const name of NAMES.flatMap((one) => [`locked-${one}`, `free-${one}`])) await makeConfigMap(admin, namespace, name, { a: '1' });
    const held = await hold(
      admin,
      namespace,
      NAMES.map((name) => ({ type: 'Patch', name: `locked-${name}`, content: { data: { a: '2' } } }) as const),
      { health: { timeout: '30m' }, timeout: '1h' },
    );
    const refs = (prefix: string) => NAMES.map((name) => configMap(namespace, `${prefix}-${name}`));
    const before = await Promise.all([first, second].map(shown));
    const serials = new Set<string>();
    const writers = writeSteadily(admin, RATE, refs('locked'), refs('free'));
    await eventually(
      'both replicas show certificates of a new authority, and each has changed its own before',
      async () => {
        const now = await Promise.all([first, second].map(shown));
        for (const { serial } of now) serials.add(serial);
        return now.every(({ issuer }, at) => issuer !== before[at]?.issuer) && serials.size >= 5;
      },
      250_000,
    );
    const { accepted, refused, passed, failed, seconds } = await writers.stop();
    process.stdout.write(
      `${String(serials.size)} certificates in ${seconds.toFixed(0)} s, ${(refused / seconds).toFixed(0)} admissions a second: ` +
        `${String(refused)} refused as locked, ${String(accepted)} accepted, ${String(failed.length)} failed\n`,
    );
    expect(failed).toEqual([]);
    expect([passed, refused > 0, accepted > 0]).toEqual([0, true, true]);
    expect((await held.release()).status?.phase).toBe('Committed');
  });
});
