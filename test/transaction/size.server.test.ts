import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { inParallel, valuesOf } from '../../src/kube/limit.ts';
import { SECRETS } from '../../src/kube/well-known.ts';
import { everyItem } from '../../src/cli/recovery.ts';
import { changesReader } from '../../src/transaction/changes.ts';
import { RECORD_LABEL } from '../../src/transaction/record-store.ts';
import { SHOWN_MAX } from '../../src/transaction/status-items.ts';
import { applyAs, at, WIDGETS } from '../janus/objects.ts';
import { bootCluster, type Cluster, type Fault } from '../janus/running.ts';
import {
  addChange,
  annotate,
  configMap,
  CONFIG_MAPS,
  draft,
  ended,
  inPhase,
  makeConfigMap,
  makeNamespace,
  plain,
  seal,
  transact,
  type Change,
} from '../janus/transacting.ts';
import { defineWidgets } from '../janus/widgets.ts';

/** Transactions that want one and the same object. */
const WANTING = 12;

let cluster: Cluster;
let admin: KubeClient;
let namespace: string;
/** Requests of the operator, by what they are for; nothing of the test itself. */
const requests = new Map<string, number>();

const count: Fault = (request, send) => {
  const { verb, resource, dryRun } = request.label;
  const key = `${dryRun ? 'dry-run ' : ''}${verb} ${resource}`;
  requests.set(key, (requests.get(key) ?? 0) + 1);
  return send(request);
};

beforeAll(async () => {
  cluster = await bootCluster();
  ({ admin } = cluster);
  await cluster.start({ fault: count });
  await defineWidgets(admin);
  namespace = await makeNamespace(admin);
});
afterAll(() => cluster?.stop());

const named = (prefix: string, length: number): readonly string[] => Array.from({ length }, (_, n) => `${prefix}-${String(n)}`);
const patch = (name: string, value: string): Change => ({ type: 'Patch', name, content: { data: { a: value } } });

async function make(names: readonly string[]): Promise<void> {
  valuesOf(await inParallel(names, 16, (name) => makeConfigMap(admin, namespace, name, { a: '1', b: '1' })));
}

describe('a transaction of 510 objects', () => {
  test('is committed with a few requests for each, and rolled back on request; its status shows the most of it and counts all', async () => {
    const names = named('many', 510);
    await make(names);
    const before = await admin.list(CONFIG_MAPS, { namespace });
    const drafted = await draft(admin, namespace, []);
    const add = (name: string): Promise<void> => addChange(admin, drafted, patch(name, '2'), `${drafted.metadata.name ?? ''}-${name}`);
    valuesOf(await inParallel(names, 16, add));
    requests.clear();
    await seal(admin, drafted);
    const done = await ended(admin, drafted);
    expect(done.status).toMatchObject({ phase: 'Committed', itemsTotal: 510, itemsCommitted: 510 });
    expect(done.status?.items).toHaveLength(SHOWN_MAX);
    expect(JSON.stringify(done.status).length).toBeLessThan(150_000);
    expect(requests.get('dry-run apply configmaps')).toBe(510);
    expect(requests.get('apply configmaps')).toBe(510);
    // One to lock each and one to unlock each.
    expect(requests.get('patch configmaps')).toBe(1020);
    const others = [...requests].filter(([key]) => !key.endsWith(' configmaps')).reduce((sum, [, made]) => sum + made, 0);
    expect(others, JSON.stringify([...requests])).toBeLessThan(300);
    const { items } = await admin.list(CONFIG_MAPS, { namespace });
    expect(items.filter(({ data }) => (data as { a?: string } | undefined)?.a === '2')).toHaveLength(510);
    const changes = await changesReader(admin)(namespace, drafted.metadata.uid ?? '');
    expect(everyItem(done.status, changes).filter(({ committed, rolledBack }) => committed && !rolledBack)).toHaveLength(510);

    await annotate(admin, done, 'tx.janus.io/request-rollback');
    const undone = await inPhase(admin, done, 'RolledBack');
    expect(undone.status).toMatchObject({ itemsTotal: 510, itemsCommitted: 0 });
    expect(everyItem(undone.status, changes).filter(({ rolledBack }) => rolledBack)).toHaveLength(510);
    await ended(admin, undone);
    const after = await admin.list(CONFIG_MAPS, { namespace });
    expect(after.items.map(plain)).toEqual(before.items.map(plain));
  });
});

describe('an object of 1.4 MB', () => {
  test('is replaced among others, and put back to the letter when a later change fails', async () => {
    const blob = (): string => randomBytes(1_050_000).toString('base64');
    const ref = at(WIDGETS, namespace, 'large');
    await applyAs(admin, 'flux', ref, { spec: { size: 1, free: { blob: blob() } } });
    const before = await admin.get(ref);
    expect(JSON.stringify(before).length).toBeGreaterThan(1_400_000);
    const kind = { apiVersion: 'janus.example.com/v1', kind: 'Widget' };
    const replaced = { ...kind, metadata: { name: 'large' }, spec: { size: 2, free: { blob: blob() } } };
    const update: Change = { type: 'Update', ...kind, name: 'large', content: replaced };
    await make(['beside']);
    const port = 30_500 + Math.floor(Math.random() * 400);
    const taken = named('taken', 2).map((name, order): Change => {
      const spec = { type: 'NodePort', ports: [{ port: 80, nodePort: port }] };
      return {
        type: 'Create',
        kind: 'Service',
        name,
        order: order + 1,
        content: { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec },
      };
    });
    const failed = await transact(admin, namespace, [update, patch('beside', '2'), ...taken]);
    expect(failed.status?.phase, JSON.stringify(failed.status)).toBe('RolledBack');
    expect(plain(await admin.get(ref))).toEqual(plain(before));
    const done = await transact(admin, namespace, [update, patch('beside', '2')]);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    expect((await admin.get(ref))['spec']).toEqual(replaced.spec);
    // More than one Secret holds what it was before; all of them go with the Transaction.
    const labelSelector = `${RECORD_LABEL}=${done.metadata.uid ?? ''}`;
    expect((await admin.list(SECRETS, { namespace: 'janus-system', labelSelector })).items.length).toBeGreaterThan(2);
  });
});

describe('60 transactions', () => {
  test('that are sealed at once are all committed, whoever of them want the same object and must wait', async () => {
    await make(['wanted', ...named('own', 60)]);
    const drafts = valuesOf(
      await inParallel(named('own', 60), 8, (own, n) => {
        const wanted: Change = { type: 'Patch', name: 'wanted', content: { data: { [own]: String(n) } } };
        return draft(admin, namespace, n < WANTING ? [wanted, patch(own, '2')] : [patch(own, '2')]);
      }),
    );
    requests.clear();
    await Promise.all(drafts.map((one) => seal(admin, one)));
    const done = await Promise.all(drafts.map((one) => ended(admin, one)));
    expect(new Set(done.map(({ status }) => status?.phase))).toEqual(new Set(['Committed']));
    const added = Object.fromEntries(named('own', WANTING).map((own, n) => [own, String(n)]));
    expect((await admin.get(configMap(namespace, 'wanted')))['data']).toEqual({ a: '1', b: '1', ...added });
    // A list of the namespace's changes serves all that are sealed together.
    expect(requests.get('list resourcechanges.tx.janus.io')).toBeLessThan(60 * 3);
  });
});
