import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GUARDS_REF } from '../../src/admission/guard/writer.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import type { ObjectRef } from '../../src/kube/object.ts';
import { hold, type Held } from '../janus/holding.ts';
import { applyAs, at, DEPLOYMENTS, EVENTS, eventually } from '../janus/objects.ts';
import { startReplica, type HeldBack, type Replica } from '../janus/replica.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { type Change, draft, ended, makeNamespace, seal } from '../janus/transacting.ts';

let cluster: Cluster;
let replica: Replica;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  replica = await startReplica(cluster);
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const replicas = (name: string, count: number): Change => ({
  type: 'Patch',
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name,
  content: { spec: { replicas: count } },
});
const scale = (ref: ObjectRef, count: number): Promise<unknown> =>
  cluster.admin.patch(ref, { type: 'merge', patch: { spec: { replicas: count } } }, { subresource: 'scale' });

interface Waiter {
  readonly ref: ObjectRef;
  readonly older: Held;
  readonly younger: Transaction;
  /** The write that puts its guards up once it has the object for which it let go of everything. */
  readonly late: HeldBack;
}

/** A transaction that has let go of everything, and waits for a Deployment which an older one holds. */
async function waiter(name: string): Promise<Waiter> {
  const { admin } = cluster;
  const ref = at(DEPLOYMENTS, namespace, name);
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app:1' }] } };
  await applyAs(admin, 'owner', ref, { spec: { replicas: 0, selector: { matchLabels: labels }, template } });
  // Of no replicas, so that nobody waits for Pods that no node runs.
  const older = await hold(admin, namespace, [replicas(name, 0)]);
  const younger = await draft(admin, namespace, [replicas(name, 3)]);
  // Of its first attempt are those that it puts up before it finds the object locked.
  const guard = new RegExp(`\\.a(?!1\\.)\\d+\\.${younger.metadata.uid ?? ''}\\.`);
  const late = replica.holdBack(({ label, body = '' }) => label.name === GUARDS_REF.name && label.verb === 'update' && guard.test(body));
  await seal(admin, younger);
  await eventually('it waits', async () => {
    const { items } = await admin.list(EVENTS, { namespace, fieldSelector: `involvedObject.name=${younger.metadata.name ?? ''}` });
    return items.some((event) => event['reason'] === 'LockWaiting');
  });
  return { ref, older, younger, late };
}

const replicasOf = async (ref: ObjectRef): Promise<number> =>
  ((await cluster.admin.get(ref))['spec'] as { readonly replicas: number }).replicas;

describe('an object that was locked before its guard was up, since all else was let go to wait for it,', () => {
  test('is left to whoever has scaled it in between, and the transaction undone', async () => {
    const { ref, older, younger, late } = await waiter('scaled');
    const first = older.release();
    await late.caught;
    await eventually('nothing guards it', () =>
      scale(ref, 7).then(
        () => true,
        () => false,
      ),
    );
    await late.letGo();
    const done = await ended(cluster.admin, younger);
    expect([done.status?.phase, done.status?.items?.[0]?.error]).toEqual([
      'RolledBack',
      expect.stringContaining(`Deployment ${namespace}/scaled was scaled while it was being locked`),
    ]);
    expect(await replicasOf(ref)).toBe(7);
    expect((await first).status?.phase).toBe('Committed');
  });

  test('is changed as the transaction wants where nobody has', async () => {
    const { ref, older, younger, late } = await waiter('kept');
    const first = older.release();
    await late.caught;
    await late.letGo();
    expect((await ended(cluster.admin, younger)).status?.phase).toBe('Committed');
    expect(await replicasOf(ref)).toBe(3);
    expect((await first).status?.phase).toBe('Committed');
  });
});
