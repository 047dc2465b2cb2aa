import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction, TransactionSpec } from '../../src/api/transaction.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import type { TransportResponse } from '../../src/kube/transport.ts';
import { LOCK_LABEL, parseLockLabel } from '../../src/lock/label.ts';
import { HELD_OPEN, makeGate, type Gate } from '../janus/gate.ts';
import { eventually } from '../janus/objects.ts';
import { depose, startReplica, type HeldBack, type Replica, type SentRequest } from '../janus/replica.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import {
  type Change,
  configMap,
  draft,
  ended,
  find,
  inPhase,
  makeConfigMap,
  makeNamespace,
  refOf,
  seal,
  until,
} from '../janus/transacting.ts';
import { defineWidgets } from '../janus/widgets.ts';

let cluster: Cluster;
let namespace: string;
let replicas: readonly [Replica, Replica];
let made = 0;

/** A Create whose answer was lost is waited for no longer than this. */
const ENV = { JANUS_REQUEST_TIMEOUT_MS: '4000', JANUS_GRANT_LIFE_SECONDS: '5' };

beforeAll(async () => {
  cluster = await bootCluster();
  await defineWidgets(cluster.admin);
  namespace = await makeNamespace(cluster.admin);
  replicas = [await startReplica(cluster, { env: ENV }), await startReplica(cluster, { env: ENV })];
});
afterAll(() => cluster?.stop());

/** The replica that leads, and the other. */
const roles = (): { readonly old: Replica; readonly next: Replica } =>
  replicas[0].operator.leading() ? { old: replicas[0], next: replicas[1] } : { old: replicas[1], next: replicas[0] };

const fresh = async (): Promise<string> => {
  const name = `it-${String((made += 1))}`;
  await makeConfigMap(cluster.admin, namespace, name, { a: '1' });
  return name;
};
const live = (name: string): Promise<KubeObject> => cluster.admin.get(configMap(namespace, name));
const lockOf = (object: KubeObject): string => object.metadata.labels?.[LOCK_LABEL] ?? '';
const patch = (name: string, order = 0): Change => ({ type: 'Patch', name, content: { data: { a: '2' } }, order });
const create = (name: string, order = 0): Change => ({
  type: 'Create',
  name,
  order,
  content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } },
});

/** A request that the executor sends to one ConfigMap as the ServiceAccount of a transaction. */
const to =
  (name: string, verb: SentRequest['label']['verb'], holds = '') =>
  ({ as, label, body = '' }: SentRequest): boolean =>
    as !== undefined &&
    label.resource === 'configmaps' &&
    label.name === name &&
    label.verb === verb &&
    !label.dryRun &&
    body.includes(holds);

const LOCKS = `"${LOCK_LABEL}":`;
const UNLOCKS = '"op":"remove","path":"/metadata/labels/tx.janus.io~1lock"';

interface Deposed {
  readonly transaction: Transaction;
  readonly late: HeldBack;
  readonly request: SentRequest;
}

interface Story {
  readonly spec?: Partial<TransactionSpec>;
  /** What happens before there is such a request. */
  readonly begun?: () => Promise<void>;
  /** What happens once it is held back. */
  readonly caught?: (transaction: Transaction) => Promise<unknown>;
}

/** Begins a transaction, holds one request of it back, and lets the other replica take everything over. */
async function deposedWhile(
  fits: (request: SentRequest) => boolean,
  changes: readonly Change[],
  { spec = {}, begun, caught }: Story = {},
): Promise<Deposed> {
  const { old, next } = roles();
  const late = old.holdBack(fits);
  const transaction = await draft(cluster.admin, namespace, changes, spec);
  await seal(cluster.admin, transaction);
  await begun?.();
  const request = await Promise.race([late.caught, endedBefore(transaction)]);
  await caught?.(transaction);
  await depose(cluster, old, next);
  return { transaction, late, request };
}

/** @throws Error when the transaction comes to its end before the request was sent that should be held back. */
async function endedBefore(transaction: Transaction): Promise<never> {
  const { status } = await ended(cluster.admin, transaction);
  throw new Error(`nothing was held back, and it ended: ${JSON.stringify(status)}`);
}

/** Lets the late request go; afterwards its sender notices that it has been replaced. */
async function letGo({ late }: Deposed): Promise<TransportResponse> {
  const answer = await late.letGo();
  for (const replica of replicas) replica.undeafen();
  await eventually('one replica leads', () => Promise.resolve(replicas.filter(({ operator }) => operator.leading()).length === 1));
  return answer;
}

async function gated(): Promise<{ readonly gate: Gate; readonly spec: Partial<TransactionSpec> }> {
  return { gate: await makeGate(cluster.admin, namespace, 0), spec: HELD_OPEN };
}

const refused = (answer: TransportResponse): void => {
  expect([answer.status >= 400, answer.status < 500], `${String(answer.status)} ${answer.body}`).toEqual([true, true]);
};

describe('what a deposed replica sends late does not land:', () => {
  test('a lock on an object that its successor has locked anew, under a label that no earlier attempt had', async () => {
    const [name, { gate, spec }] = [await fresh(), await gated()];
    const deposed = await deposedWhile(to(name, 'patch', LOCKS), [gate.change, patch(name, 1)], { spec });
    await gate.reached();
    const before = await live(name);
    refused(await letGo(deposed));
    expect(await live(name)).toEqual(before);
    const late = /"tx\.janus\.io\/lock":"([^"]+)"/.exec(deposed.request.body ?? '')?.[1] ?? '';
    expect(parseLockLabel(lockOf(before))?.attempt).toBeGreaterThan(parseLockLabel(late)?.attempt ?? Infinity);
    await gate.open();
    expect((await ended(cluster.admin, deposed.transaction)).status?.phase).toBe('Committed');
  });

  test('a lock on an object of a transaction that has ended', async () => {
    const name = await fresh();
    const deposed = await deposedWhile(to(name, 'patch', LOCKS), [patch(name)]);
    expect((await ended(cluster.admin, deposed.transaction)).status?.phase).toBe('Committed');
    const before = await live(name);
    refused(await letGo(deposed));
    expect(await live(name)).toEqual(before);
    expect(lockOf(before)).toBe('');
  });

  test('a change of an object that its successor has locked anew', async () => {
    const name = await fresh();
    const { gate, spec } = await gated();
    const deposed = await deposedWhile(
      to(name, 'apply'),
      [
        { ...patch(name), order: 0 },
        { ...gate.change, order: 1 },
      ],
      { spec },
    );
    await gate.reached();
    const before = await live(name);
    expect(lockOf(before)).not.toBe('');
    refused(await letGo(deposed));
    expect(await live(name)).toEqual(before);
    await gate.open();
    expect((await ended(cluster.admin, deposed.transaction)).status?.phase).toBe('Committed');
  });

  test('a change of an object that is unlocked by now, and changed by somebody else', async () => {
    const name = await fresh();
    const deposed = await deposedWhile(to(name, 'apply'), [patch(name)]);
    await ended(cluster.admin, deposed.transaction);
    await cluster.admin.patch(configMap(namespace, name), { type: 'merge', patch: { data: { a: '3' } } });
    refused(await letGo(deposed));
    expect((await live(name))['data']).toEqual({ a: '3' });
  });

  test('a change of an object that is gone by now', async () => {
    const name = await fresh();
    const deposed = await deposedWhile(to(name, 'apply'), [patch(name)]);
    await ended(cluster.admin, deposed.transaction);
    await cluster.admin.delete(configMap(namespace, name));
    refused(await letGo(deposed));
    expect(await find(cluster.admin, configMap(namespace, name))).toBeUndefined();
  });

  test('a Create under a name that is free again, since all was rolled back', async () => {
    const name = `made-${String((made += 1))}`;
    const { gate, spec } = await gated();
    const deposed = await deposedWhile(to(name, 'apply'), [create(name), { ...gate.change, order: 1 }], { spec });
    await gate.reached();
    await gate.fail();
    expect((await ended(cluster.admin, deposed.transaction)).status?.phase).toBe('RolledBack');
    refused(await letGo(deposed));
    expect(await find(cluster.admin, configMap(namespace, name))).toBeUndefined();
  });

  test('the replacement of an object', async () => {
    const name = await fresh();
    const content = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } };
    const deposed = await deposedWhile(to(name, 'update'), [{ type: 'Update', name, content }]);
    await ended(cluster.admin, deposed.transaction);
    await cluster.admin.patch(configMap(namespace, name), { type: 'merge', patch: { data: { a: '3' } } });
    refused(await letGo(deposed));
    expect((await live(name))['data']).toEqual({ a: '3' });
  });

  test.each(['Update', 'Patch'] as const)('the restoring of an object after an %s', async (type) => {
    const name = await fresh();
    const { gate, spec } = await gated();
    const content = type === 'Patch' ? { data: { a: '2' } } : { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } };
    const restores = type === 'Patch' ? to(name, 'patch', '"/data/a"') : to(name, 'update', '"a":"1"');
    const deposed = await deposedWhile(
      restores,
      [
        { type, name, content },
        { ...gate.change, order: 1 },
      ],
      {
        spec,
        begun: async () => {
          await gate.reached();
          await gate.fail();
        },
      },
    );
    expect((await ended(cluster.admin, deposed.transaction)).status?.phase).toBe('RolledBack');
    await cluster.admin.patch(configMap(namespace, name), { type: 'merge', patch: { data: { a: '3' } } });
    refused(await letGo(deposed));
    expect((await live(name))['data']).toEqual({ a: '3' });
  });

  test('the deletion of an object that is another one by now', async () => {
    const name = await fresh();
    const deposed = await deposedWhile(to(name, 'delete'), [{ type: 'Delete', name }]);
    expect((await ended(cluster.admin, deposed.transaction)).status?.phase).toBe('Committed');
    await makeConfigMap(cluster.admin, namespace, name, { a: 'new' });
    refused(await letGo(deposed));
    expect((await live(name))['data']).toEqual({ a: 'new' });
  });

  test('the deletion of an object that was let go again, since its transaction was deleted', async () => {
    const name = await fresh();
    const deposed = await deposedWhile(to(name, 'delete'), [{ type: 'Delete', name }], {
      caught: (transaction) => cluster.admin.delete(refOf(transaction)),
    });
    await inPhase(cluster.admin, deposed.transaction, 'RolledBack');
    expect(lockOf(await live(name))).toBe('');
    refused(await letGo(deposed));
    expect((await live(name))['data']).toEqual({ a: '1' });
  });

  test('the making anew of what was deleted, when somebody has deleted it again', async () => {
    const name = await fresh();
    const { gate, spec } = await gated();
    const deposed = await deposedWhile(
      to(name, 'create'),
      [
        { type: 'Delete', name },
        { ...gate.change, order: 1 },
      ],
      {
        spec,
        begun: async () => {
          await gate.reached();
          await gate.fail();
        },
      },
    );
    expect((await ended(cluster.admin, deposed.transaction)).status?.phase).toBe('RolledBack');
    await cluster.admin.delete(configMap(namespace, name));
    refused(await letGo(deposed));
    expect(await find(cluster.admin, configMap(namespace, name))).toBeUndefined();
  });

  test('an unlocking, when the next transaction has locked the object', async () => {
    const name = await fresh();
    const { gate, spec } = await gated();
    const deposed = await deposedWhile(to(name, 'patch', UNLOCKS), [patch(name)]);
    await ended(cluster.admin, deposed.transaction);
    const second = await draft(cluster.admin, namespace, [gate.change, patch(name, 1)], spec);
    await seal(cluster.admin, second);
    await gate.reached();
    const before = await live(name);
    expect(lockOf(before)).toContain(second.metadata.uid);
    refused(await letGo(deposed));
    expect(await live(name)).toEqual(before);
    await gate.open();
    await ended(cluster.admin, second);
  });

  test.each(['Committing', 'Committed'])('the word that a transaction is %s, in its record', async (phase) => {
    const name = await fresh();
    const deposed = await deposedWhile((request) => phaseWritten(request) === phase, [patch(name)]);
    expect((await ended(cluster.admin, deposed.transaction)).status?.phase).toBe('Committed');
    expect((await letGo(deposed)).status).toBe(409);
    expect((await live(name))['data']).toEqual({ a: '2' });
  });

  test('the word that a transaction is Committed, when it was rolled back', async () => {
    const name = await fresh();
    const deposed = await deposedWhile((request) => phaseWritten(request) === 'Committed', [patch(name)], {
      caught: (transaction) => cluster.admin.delete(refOf(transaction)),
    });
    await inPhase(cluster.admin, deposed.transaction, 'RolledBack');
    expect((await letGo(deposed)).status).toBe(409);
    expect((await live(name))['data']).toEqual({ a: '1' });
  });

  test('a status, when its successor has written one', async () => {
    const name = await fresh();
    const { gate, spec } = await gated();
    const status = ({ label, body = '' }: SentRequest): boolean =>
      label.resource === 'transactions.tx.janus.io' && label.subresource === 'status' && body.includes('"phase":"Committing"');
    const deposed = await deposedWhile(status, [gate.change, patch(name, 1)], { spec });
    await gate.reached();
    await gate.open();
    await until(cluster.admin, deposed.transaction, (now) => now.status?.phase === 'Committed');
    const done = await ended(cluster.admin, deposed.transaction);
    refused(await letGo(deposed));
    expect((await cluster.admin.get<Transaction>(refOf(done))).status).toEqual(done.status);
  });
});

function phaseWritten({ label, body }: SentRequest): string | undefined {
  if (label.resource !== 'secrets' || label.verb !== 'update') return undefined;
  const { type, data } = JSON.parse(body ?? '{}') as { readonly type?: string; readonly data?: { readonly payload?: string } };
  if (type !== 'tx.janus.io/record') return undefined;
  const text = gunzipSync(Buffer.from(data?.payload ?? '', 'base64')).toString('utf8');
  return (JSON.parse(text) as { readonly phase?: string }).phase;
}
