import { Transform } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/api/transaction.ts';
import type { TransportResponse } from '../../src/kube/transport.ts';
import { pastGuards } from '../janus/past-guards.ts';
import { bootCluster, type Cluster, type Fault, type Operator, type StreamFault } from '../janus/running.ts';
import {
  annotate,
  configMap,
  draft,
  ended,
  find,
  inPhase,
  makeConfigMap,
  makeNamespace,
  refOf,
  seal,
  transact,
  until,
} from '../janus/transacting.ts';

let cluster: Cluster;
let operator: Operator | undefined;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  await (await cluster.start()).stop();
  namespace = await makeNamespace(cluster.admin);
});
afterEach(async () => {
  await operator?.crash();
  operator = undefined;
});
afterAll(() => cluster?.stop());

const isListOfTransactions: (request: Parameters<Fault>[0]) => boolean = ({ label }) =>
  label.verb === 'list' && label.resource === 'transactions.tx.janus.io';

/** What an operator is told when it lists Transactions: the present, to be told again later. */
function remembered(): { readonly fault: Fault; readonly list: Promise<TransportResponse> } {
  let keep: (list: TransportResponse) => void = () => undefined;
  const list = new Promise<TransportResponse>((resolve) => (keep = resolve));
  const fault: Fault = async (request, send) => {
    const answer = await send(request);
    if (isListOfTransactions(request)) keep(answer);
    return answer;
  };
  return { fault, list };
}

/** A watch cache that is behind: lists tell the past, and watches are silent until they may catch up. */
function behind(past: TransportResponse): { readonly fault: Fault; readonly streamFault: StreamFault; catchUp(): void } {
  let catchUp: () => void = () => undefined;
  const caughtUp = new Promise<void>((resolve) => (catchUp = resolve));
  return {
    fault: (request, send) => (isListOfTransactions(request) ? Promise.resolve(past) : send(request)),
    streamFault: async (request, open) => {
      await caughtUp;
      return open(request);
    },
    catchUp: () => catchUp(),
  };
}

/** A watch that lets no state be seen that another follows within a moment: only what lasts is told. */
const forgetful: StreamFault = async (request, open) => {
  const stream = await open(request);
  let rest = '';
  let timer: NodeJS.Timeout | undefined;
  const waiting = new Map<string, string>();
  const body = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter((one) => one !== '')) {
        const { object } = JSON.parse(line) as { readonly object: { readonly metadata: { readonly uid?: string } } };
        waiting.set(object.metadata.uid ?? 'bookmark', line);
      }
      clearTimeout(timer);
      timer = setTimeout(() => {
        for (const line of waiting.values()) body.push(`${line}\n`);
        waiting.clear();
      }, 300);
      done();
    },
  });
  stream.body.on('error', (error) => body.destroy(error)).pipe(body);
  body.once('close', () => {
    clearTimeout(timer);
    stream.body.destroy();
  });
  return { ...stream, body };
};

describe('an executor that is started on a view of the past', () => {
  test('does not do again what is done', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'done', { a: '1' });
    const sealed = await draft(admin, namespace, [{ type: 'Patch', name: 'done', content: { data: { a: '2' } } }]);
    // Seen when it was sealed and nobody had begun yet.
    await seal(admin, sealed);
    const { fault, list } = remembered();
    operator = await cluster.start({ fault });
    const past = await list;
    const done = await ended(admin, sealed);
    await operator.crash();
    await admin.patch(configMap(namespace, 'done'), { type: 'merge', patch: { data: { a: 'later' } } });
    const lag = behind(past);
    operator = await cluster.start(lag);
    // Whatever it makes of the past has come to its end once another transaction has.
    lag.catchUp();
    await transact(admin, namespace, []);
    expect((await admin.get(configMap(namespace, 'done')))['data']).toEqual({ a: 'later' });
    expect((await admin.get<Transaction>(refOf(sealed))).status?.phase).toBe(done.status?.phase);
  });

  test('does not roll back again what was rolled back and done anew by others', async () => {
    const { admin } = cluster;
    operator = await cluster.start();
    const done = await transact(admin, namespace, [
      { type: 'Create', name: 'made', content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' }, data: { a: '1' } } },
    ]);
    // Nothing is open, so that its webhooks go with it.
    await operator.stop();
    // Seen when its rollback was asked for and nobody had begun yet.
    await annotate(admin, done, 'tx.janus.io/request-rollback');
    const { fault, list } = remembered();
    operator = await cluster.start({ fault });
    const past = await list;
    await inPhase(admin, done, 'RolledBack');
    await until(admin, done, ({ metadata }) => metadata.annotations?.['tx.janus.io/request-rollback'] === undefined);
    await operator.crash();
    expect(await find(admin, configMap(namespace, 'made'))).toBeUndefined();
    // The guard of the name may have been left up by the process that died.
    await pastGuards(admin, () => makeConfigMap(admin, namespace, 'made', { a: 'theirs' }));
    const lag = behind(past);
    operator = await cluster.start(lag);
    lag.catchUp();
    await transact(admin, namespace, []);
    expect((await admin.get(configMap(namespace, 'made')))['data']).toEqual({ a: 'theirs' });
    expect((await admin.get<Transaction>(refOf(done))).status?.phase).toBe('RolledBack');
  });
});

describe('an executor whose watch loses every state but the last', () => {
  test('commits, and rolls back on request, all the same', async () => {
    const { admin } = cluster;
    operator = await cluster.start({ streamFault: forgetful });
    await makeConfigMap(admin, namespace, 'lost', { a: '1' });
    const done = await transact(admin, namespace, [{ type: 'Patch', name: 'lost', content: { data: { a: '2' } } }]);
    expect(done.status?.phase).toBe('Committed');
    await annotate(admin, done, 'tx.janus.io/request-rollback');
    await inPhase(admin, done, 'RolledBack');
    expect((await admin.get(configMap(namespace, 'lost')))['data']).toEqual({ a: '1' });
  });
});
