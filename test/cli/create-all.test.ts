import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Transaction } from '../../src/api/transaction.ts';
import { changeObject } from '../../src/cli/change-object.ts';
import { createAll } from '../../src/cli/create-all.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/config.ts';
import { TransportError } from '../../src/kube/errors.ts';
import { createRestClient } from '../../src/kube/rest-client.ts';
import { createTransport } from '../../src/kube/transport.ts';
import type { Transport, TransportOptions } from '../../src/kube/transport.ts';
import { RESOURCE_CHANGES } from '../../src/transaction/kinds.ts';
import { startTestCluster } from './cluster.ts';
import type { TestCluster } from './cluster.ts';
import { CONFIG_MAP } from './kinds.ts';

let cluster: TestCluster;
let transaction: Transaction;
const open: Transport[] = [];

beforeAll(async () => {
  cluster = await startTestCluster();
  await cluster.janus(['create', 'txn', '--sa', 'default']);
  transaction = JSON.parse(await cluster.kubectl('get', 'transaction', 'txn', '-o', 'json'));
});
afterAll(async () => {
  await Promise.all(open.map((transport) => transport.close()));
  await cluster?.stop();
});

type Intercept = NonNullable<TransportOptions['intercept']>;

async function client(intercept?: Intercept): Promise<KubeClient> {
  const transport = createTransport(
    await loadClusterConfig({ kubeconfig: cluster.kubeconfig }),
    intercept === undefined ? {} : { intercept },
  );
  open.push(transport);
  return createRestClient(transport);
}

const changes = (...names: readonly string[]) =>
  names.map((name) => changeObject(transaction, name, { type: 'Delete', kind: CONFIG_MAP, name, namespace: 'default' }, 0));

async function there(): Promise<readonly string[]> {
  const { items } = await (await client()).list(RESOURCE_CHANGES, { namespace: 'default' });
  return items.map(({ metadata }) => metadata.name ?? '').sort();
}

const never = new AbortController().signal;
const isCreateOf =
  (name: string): ((request: Parameters<Intercept>[0]) => boolean) =>
  ({ body = '{}', label }) =>
    label.verb === 'create' && !label.dryRun && (JSON.parse(body) as { metadata: { name: string } }).metadata.name === name;

test('Leaves nothing where the answer to one create was lost after it had taken effect', async () => {
  const meant = isCreateOf('lost');
  const losing = await client(async (request, send) => {
    const response = await send(request);
    if (meant(request)) throw new TransportError('connection reset', { neverSent: false });
    return response;
  });
  await expect(createAll(losing, changes('kept', 'lost'), never)).rejects.toThrow('connection reset');
  expect(await there()).toEqual([]);
});

test('Does not touch a namesake that it did not create', async () => {
  await createAll(await client(), changes('mine'), never);
  await expect(createAll(await client(), changes('other', 'mine'), never)).rejects.toThrow('already exists');
  expect(await there()).toEqual(['mine']);
  await cluster.kubectl('delete', 'resourcechanges.tx.janus.io', 'mine');
});

test('Removes what it has created when it is interrupted', async () => {
  const controller = new AbortController();
  const meant = isCreateOf('a');
  const interrupting = await client(async (request, send) => {
    const response = await send(request);
    if (meant(request)) controller.abort();
    return response;
  });
  const many = Array.from({ length: 20 }, (_, index) => `b${index}`);
  await expect(createAll(interrupting, changes('a', ...many), controller.signal)).rejects.toBeInstanceOf(TransportError);
  expect(await there()).toEqual([]);
});

test('Names what it could not remove again', async () => {
  const meant = isCreateOf('second');
  const stubborn = await client(async (request, send) => {
    if (meant(request) || request.label.verb === 'delete') throw new TransportError('no route to host', { neverSent: true });
    return send(request);
  });
  await expect(createAll(stubborn, changes('first', 'second'), never)).rejects.toThrow(
    /^Not every change could be added, and these were and could not be removed again: default\/first\. Delete them/,
  );
  await cluster.kubectl('delete', 'resourcechanges.tx.janus.io', 'first');
});
