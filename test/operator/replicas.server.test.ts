import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { WebhookConfiguration } from '../../src/admission/webhook-configuration.ts';
import { isApiError } from '../../src/kube/errors.ts';
import { holderOf, type Lease } from '../../src/kube/lease/lease.ts';
import { SECRETS } from '../../src/kube/well-known.ts';
import { recordName, storedFrom } from '../../src/transaction/record-store.ts';
import { freePort } from '../control-plane/ports.ts';
import { startBalancer, type Balancer } from '../janus/balancer.ts';
import { hold, type Held } from '../janus/holding.ts';
import { LEADER } from '../janus/leases.ts';
import { eventually } from '../janus/objects.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import { writeSteadily } from '../janus/steady-writers.ts';
import { configMap, ended, find, makeConfigMap, makeNamespace, transact } from '../janus/transacting.ts';

const VALIDATING = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
};
const NAMES = ['a', 'b', 'c', 'd'];
const PATCHES = NAMES.map((name) => ({ type: 'Patch', name: `locked-${name}`, content: { data: { a: '2' } } }) as const);
/** A lease that a test can wait for. */
const ELECTION = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 };
const RATE = 100;

let cluster: Cluster;
let balancer: Balancer;
const operators: Operator[] = [];

beforeAll(async () => {
  cluster = await bootCluster();
  balancer = await startBalancer();
});
afterEach(async () => {
  for (const operator of operators.splice(0)) await operator.crash();
});
afterAll(async () => {
  await cluster?.stop();
  await balancer?.close();
});

/** One more replica behind the address that all share. */
async function add(): Promise<Operator> {
  const ports = { webhook: await freePort(), health: await freePort() };
  balancer.add(ports);
  const operator = await cluster.start({ election: ELECTION, webhookUrlPort: balancer.port, ports, drainDelayMs: 1_500 });
  operators.push(operator);
  return operator;
}

async function makeObjects(): Promise<string> {
  const namespace = await makeNamespace(cluster.admin);
  for (const name of NAMES.flatMap((one) => [`locked-${one}`, `free-${one}`]))
    await makeConfigMap(cluster.admin, namespace, name, { a: '1' });
  return namespace;
}

const attemptOf = async ({ transaction }: Held): Promise<number> => {
  const name = recordName(transaction.metadata.uid ?? '');
  return storedFrom(await cluster.admin.get({ kind: SECRETS, namespace: 'janus-system', name })).record.attempt;
};
/** Milliseconds until the successor has claimed the transaction that the leader left. */
async function takenOver(held: Held, attempt: number, since: number): Promise<number> {
  await eventually('the transaction is taken over', async () => (await attemptOf(held)) > attempt);
  return performance.now() - since;
}

describe('replicas', () => {
  test('elect one that carries transactions out; all of them answer, and say who leads', async () => {
    const [first, second] = [await add(), await add()];
    expect([first.leading(), second.leading()]).toEqual([true, false]);
    expect(holderOf(await cluster.admin.get<Lease>(LEADER))).toBe(first.identity);
    expect(second.words).toContain(`${first.identity} carries transactions out`);
    expect(first.words).not.toContain('carries transactions out');
    expect([await first.metrics(), await second.metrics()].map((text) => /^janus_leader (\d)/m.exec(text)?.[1])).toEqual(['1', '0']);
    const namespace = await makeObjects();
    for (let n = 0; n < 8; n += 1) expect((await transact(cluster.admin, namespace, PATCHES)).status?.phase).toBe('Committed');
    const answered = await Promise.all(
      [first, second].map(async (one) => (await one.metrics()).includes('janus_webhook_decisions_total{')),
    );
    expect(answered).toEqual([true, true]);
  });

  test('answer every review but those under way in one that is gone, while one transaction goes on through a kill and a hand-over', async () => {
    const first = await add();
    const second = await add();
    const namespace = await makeObjects();
    const held = await hold(cluster.admin, namespace, PATCHES);
    const refs = (prefix: string) => NAMES.map((name) => configMap(namespace, `${prefix}-${name}`));
    const writers = writeSteadily(cluster.admin, RATE, refs('locked'), refs('free'));

    const [firstAttempt, killed, cutBefore] = [await attemptOf(held), performance.now(), balancer.cut()];
    await first.crash('left');
    const afterKill = await takenOver(held, firstAttempt, killed);
    expect(second.leading()).toBe(true);

    const third = await add();
    const [secondAttempt, told] = [await attemptOf(held), performance.now()];
    const stopping = second.stop();
    const afterTerm = await takenOver(held, secondAttempt, told);
    expect(third.leading()).toBe(true);
    expect(await stopping).toContain(third.identity);

    const { accepted, refused, passed, failed, seconds } = await writers.stop();
    const cut = balancer.cut() - cutBefore;
    process.stdout.write(
      `taken over ${afterKill.toFixed(0)} ms after a kill (lease ${String(ELECTION.leaseDurationMs)} ms), ${afterTerm.toFixed(0)} ms after SIGTERM; ` +
        `${((accepted + refused) / seconds).toFixed(0)} writes/s: ${String(accepted)} accepted, ${String(refused)} refused, ${String(failed.length)} failed, ` +
        `${String(cut)} were under way in a replica that had gone\n`,
    );
    expect(failed.length, failed.join('\n')).toBeLessThanOrEqual(cut);
    expect(passed).toBe(0);
    expect([accepted > 0, refused > 0]).toEqual([true, true]);
    const done = await held.release();
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
  });

  test('take over at once from one that stops, and leave the webhooks registered until the last of them has gone', async () => {
    const [first, second] = [await add(), await add()];
    const namespace = await makeObjects();
    const held = await hold(cluster.admin, namespace, PATCHES);
    expect(await first.stop()).toContain(second.identity);
    const done = await held.release();
    expect(done.status?.phase).toBe('Committed');
    expect(await find(cluster.admin, { kind: VALIDATING, name: 'janus' })).toBeDefined();
    await ended(cluster.admin, done);
    expect(await second.stop()).toBe('Janus has stopped.');
    expect(await find(cluster.admin, { kind: VALIDATING, name: 'janus' })).toBeUndefined();
  });

  test('show certificates of one authority, which the API server trusts already when another one begins', async () => {
    const first = await add();
    const before = await trusted();
    const second = await add();
    expect(await trusted()).toBe(before);
    for (const { ports } of [first, second]) await shows(ports.webhook, before);
  });
});

/** PEM of the authorities that the API server trusts. */
async function trusted(): Promise<string> {
  const { webhooks } = (await cluster.admin.get({ kind: VALIDATING, name: 'janus' })) as unknown as WebhookConfiguration;
  return Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString();
}

/** Resolves when what answers at a port shows a certificate that follows from these authorities. */
async function shows(port: number, ca: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', ca });
  await once(socket, 'secureConnect');
  socket.destroy();
}

describe('a replica that is started after a crash', () => {
  test('answers at once, says whom it waits for, and goes on with what was open when that has been silent for its time', async () => {
    const first = await add();
    const namespace = await makeObjects();
    const held = await hold(cluster.admin, namespace, PATCHES);
    await first.crash('left');
    const second = await add();
    expect([second.leading(), second.words.includes(`${first.identity} carries transactions out`)]).toEqual([false, true]);
    const stranger = cluster.admin.patch(configMap(namespace, 'locked-a'), { type: 'merge', patch: { data: { a: '3' } } });
    await expect(stranger).rejects.toSatisfy((error) => isApiError(error, 423));
    expect((await held.release()).status?.phase).toBe('Committed');
    expect(second.leading()).toBe(true);
  });
});
