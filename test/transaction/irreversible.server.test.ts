import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/api/transaction.ts';
import { LOGIN, SETTINGS } from '../janus/cast.ts';
import { at, complete, EVENTS, eventually, JOBS, mergeAs } from '../janus/objects.ts';
import { conditionOf, reborn, rollBackOnRequest, thereAndBack, WAYS } from '../janus/rolling-back.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { type Change, configMap, makeNamespace, plain, transact } from '../janus/transacting.ts';

let cluster: Cluster;
let namespace: string;
let made = 0;

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const fresh = (): string => `it-${String((made += 1))}`;
const frozen = (name: string): Change => ({ type: 'Patch', name, content: { data: { a: '2' }, immutable: true } });

/** The Events about a Transaction. */
async function told(transaction: Transaction): Promise<readonly string[]> {
  const { items } = await cluster.admin.list(EVENTS, { namespace });
  const about = items.filter((event) => (event['involvedObject'] as { uid?: string }).uid === transaction.metadata.uid);
  return about.map((event) => `${String(event['reason'])}: ${String(event['message'])}`);
}

describe('a change that no rollback can wholly undo', () => {
  test('is made with a warning: "immutable: true"', async () => {
    const { admin } = cluster;
    const name = fresh();
    await SETTINGS.make(admin, namespace, name);
    const done = await transact(admin, namespace, [frozen(name)]);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    await eventually('the warning is told', async () =>
      (await told(done)).some(
        (words) => words.startsWith('IrreversibleChange') && words.includes('"immutable: true" cannot be taken back'),
      ),
    );
  });

  test('is refused under spec.irreversible: Deny, with nothing touched', async () => {
    const { admin } = cluster;
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const done = await transact(admin, namespace, [frozen(name)], { irreversible: 'Deny' });
    expect(done.status?.phase).toBe('RolledBack');
    expect(done.status?.items?.[0]?.error).toContain('"immutable: true" cannot be taken back');
    expect(await admin.get(configMap(namespace, name))).toEqual(before);
  });

  test.each([
    ['the Delete of a Job', JOBS, 'deleting a Job cannot be undone exactly'],
    ['the Delete of what has finalizers', configMap('', '').kind, 'it has finalizers (example.com/hold)'],
  ] as const)('is refused under spec.irreversible: Deny: %s', async (_what, kind, words) => {
    const { admin } = cluster;
    const ref = at(kind, namespace, fresh());
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'app:1' }] } };
    await admin.create(
      ref,
      complete(ref, kind === JOBS ? { spec: { template, suspend: true } } : { metadata: { finalizers: ['example.com/hold'] } }),
    );
    const change: Change = { type: 'Delete', name: ref.name, apiVersion: kind.group === '' ? 'v1' : 'batch/v1', kind: kind.kind };
    const done = await transact(admin, namespace, [change], { irreversible: 'Deny' });
    expect(done.status?.phase).toBe('RolledBack');
    expect(done.status?.items?.[0]?.error).toContain(words);
    expect((await admin.get(ref)).metadata.deletionTimestamp).toBeUndefined();
  });
});

describe('the rollback of "immutable: true"', () => {
  test.each(WAYS.flatMap((way) => [['ConfigMap', way, SETTINGS] as const, ['Secret', way, LOGIN] as const]))(
    'makes the %s anew, with all it was, and says so, %s',
    async (kind, way, character) => {
      const { admin } = cluster;
      const name = fresh();
      const before = await character.make(admin, namespace, name);
      const change: Change = { type: 'Patch', kind, name, content: { ...character.part, immutable: true } };
      const done = await thereAndBack(admin, namespace, [change], way);
      const after = await admin.get(at(character.kind, namespace, name));
      expect(reborn(plain(after))).toEqual(reborn(plain(before)));
      expect(conditionOf(done, 'Exact')).toMatchObject({ status: 'False', reason: 'RestoredWithDifferences' });
      expect(conditionOf(done, 'Exact')?.message).toContain(`${kind} ${namespace}/${name}: metadata.uid`);
    },
  );

  test('keeps what others have written to other fields since', async () => {
    const { admin } = cluster;
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const committed = await transact(admin, namespace, [frozen(name)]);
    await mergeAs(admin, 'kubectl', configMap(namespace, name), { metadata: { labels: { theirs: 'l' } } });
    await rollBackOnRequest(admin, committed);
    const after = await admin.get(configMap(namespace, name));
    expect(after['data']).toEqual(before['data']);
    expect(after['immutable']).toBeUndefined();
    expect(after.metadata.labels).toEqual({ ...before.metadata.labels, theirs: 'l' });
    expect(after.metadata.managedFields?.find(({ manager }) => manager === 'kubectl')?.fieldsV1).toMatchObject({
      'f:metadata': { 'f:labels': { 'f:theirs': {} } },
      'f:data': { 'f:d': {} },
    });
  });
});
