import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/api/transaction.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { apiVersionOf, type KubeObject, type ObjectRef } from '../../src/kube/object.ts';
import { type Character, LOGIN, SETTINGS, settled, SHOP, WEB, WIDGET } from '../janus/cast.ts';
import { applyAs, at, complete, eventually, mergeAs } from '../janus/objects.ts';
import { defineWidgets } from '../janus/widgets.ts';
import { HELD_OPEN, makeGate } from '../janus/gate.ts';
import { conditionOf, EXACT, rollBackOnRequest, uncontrolled, WAYS, type Way } from '../janus/rolling-back.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { type Change, draft, ended, makeNamespace, plain, seal, transact } from '../janus/transacting.ts';

let cluster: Cluster;
let namespace: string;
/** Where the same objects live the same life without the transaction. */
let elsewhere: string;

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  [namespace, elsewhere] = await Promise.all([makeNamespace(cluster.admin), makeNamespace(cluster.admin)]);
  await defineWidgets(cluster.admin);
});
afterAll(() => cluster?.stop());

type Others = (admin: KubeClient, ref: ObjectRef) => Promise<unknown>;

const CAST: readonly (readonly [string, Character, Others])[] = [
  [
    'a ConfigMap',
    SETTINGS,
    async (admin, ref) => {
      await mergeAs(admin, 'kubectl', ref, { data: { e: '5' }, metadata: { annotations: { other: 'theirs' } } });
      await applyAs(admin, 'sidecar', ref, { data: { f: '6', d: '4' }, metadata: { labels: { extra: 'l' } } });
    },
  ],
  ['a Secret', LOGIN, (admin, ref) => applyAs(admin, 'sidecar', ref, { data: { theirs: 'eQ==' } })],
  [
    'a Deployment under its controller',
    WEB,
    async (admin, ref) => {
      const injected = {
        containers: [
          { name: 'sidecar', image: 'side:1' },
          { name: 'app', env: [{ name: 'SIDE', value: 's' }] },
        ],
      };
      await applyAs(admin, 'sidecar-injector', ref, {
        metadata: { annotations: { injected: 'yes' } },
        spec: { template: { spec: injected } },
      });
    },
  ],
  [
    'a Service',
    SHOP,
    (admin, ref) =>
      applyAs(admin, 'mesh', ref, {
        metadata: { annotations: { mesh: 'on' } },
        spec: { ports: [{ port: 443, name: 'https' }], sessionAffinity: 'ClientIP' },
      }),
  ],
  [
    'a custom resource',
    WIDGET,
    (admin, ref) =>
      applyAs(admin, 'other', ref, {
        spec: {
          parts: [
            { name: 'theirs', size: 1 },
            { name: 'axle', colour: 'green' },
          ],
          tags: ['theirs'],
          listeners: [{ port: 99, host: 'o' }],
          free: { theirs: true },
        },
      }),
  ],
];

const TABLE = WAYS.flatMap((way) => CAST.map(([what, character, others]) => [what, way, character, others] as const));
let made = 0;

/** An object as its twin elsewhere must be too: without what tells the two apart, and without times of today. */
function twinly(object: KubeObject): KubeObject {
  const { uid: _uid, creationTimestamp: _time, namespace: _namespace, managedFields = [], ...metadata } = uncontrolled(object).metadata;
  const entries = managedFields.map(({ time = '', ...entry }) => (time.startsWith('2024') ? { ...entry, time } : entry));
  const byName = entries.sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  const { clusterIP: _ip, clusterIPs: _ips, ...spec } = (object['spec'] ?? {}) as Record<string, unknown>;
  return { ...uncontrolled(object), spec: theirsLast(spec), metadata: { ...metadata, managedFields: byName } };
}

/** Where in a keyed list an item of others comes to stand is up to whoever writes the list. Those who were there keep their order. */
function theirsLast(value: unknown): unknown {
  if (Array.isArray(value)) {
    const theirs = (item: unknown): boolean => /"(SIDE|sidecar|theirs|https)"|"port":99/.test(JSON.stringify(item));
    return [...value.filter((item) => !theirs(item)), ...value.filter(theirs)].map(theirsLast);
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, theirsLast(member)]));
}

function changeOf(ref: ObjectRef, type: Change['type'], content: Readonly<Record<string, unknown>>): Change {
  return {
    type,
    apiVersion: apiVersionOf(ref.kind),
    kind: ref.kind.kind,
    name: ref.name,
    content: type === 'Patch' ? content : complete(ref, content),
  };
}

async function backAgain(change: Change, way: Way, between: () => Promise<unknown>): Promise<Transaction> {
  const { admin } = cluster;
  if (way === 'on request after the commit') {
    const committed = await transact(admin, namespace, [change]);
    expect(committed.status?.phase, JSON.stringify(committed.status)).toBe('Committed');
    await between();
    return rollBackOnRequest(admin, committed);
  }
  const gate = await makeGate(admin, namespace);
  const transaction = await draft(admin, namespace, [change, gate.change], HELD_OPEN);
  await seal(admin, transaction);
  await gate.reached();
  await eventually('the change is made', async () =>
    ((await admin.get(at(kindOf(change), namespace, change.name))).metadata.managedFields ?? []).some(({ manager = '' }) =>
      manager.startsWith('janus-txn'),
    ),
  );
  await between();
  await gate.fail();
  const done = await ended(admin, transaction);
  expect(done.status?.phase, JSON.stringify(done.status)).toBe('RolledBack');
  return done;
}

function kindOf(change: Change): ObjectRef['kind'] {
  const found = CAST.find(([, character]) => character.kind.kind === change.kind);
  if (found === undefined) throw new Error(`no kind ${change.kind ?? ''}`);
  return found[1].kind;
}

describe('what others write to other fields meanwhile stays, and is theirs, when a rollback undoes', () => {
  test.each(TABLE)('a Patch of %s, %s', async (_what, way, character, others) => {
    const { admin } = cluster;
    const name = `it-${String((made += 1))}`;
    const [here, there] = [at(character.kind, namespace, name), at(character.kind, elsewhere, name)];
    await Promise.all([character.make(admin, namespace, name), character.make(admin, elsewhere, name)]);
    const done = await backAgain(changeOf(here, 'Patch', character.part), way, () => others(admin, here));
    await others(admin, there);
    expect(twinly(await admin.get(here))).toEqual(twinly(await admin.get(there)));
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
  });

  test.each(CAST)('an Update of %s, on request after the commit', async (_what, character, others) => {
    const { admin } = cluster;
    const name = `it-${String((made += 1))}`;
    const [here, there] = [at(character.kind, namespace, name), at(character.kind, elsewhere, name)];
    await Promise.all([character.make(admin, namespace, name), character.make(admin, elsewhere, name)]);
    const done = await backAgain(changeOf(here, 'Update', character.whole(name)), 'on request after the commit', () => others(admin, here));
    await others(admin, there);
    expect(twinly(await admin.get(here))).toEqual(twinly(await admin.get(there)));
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
  });

  test('an Update of a Deployment that its controller has rolled out since', async () => {
    const { admin } = cluster;
    const name = `it-${String((made += 1))}`;
    const ref = at(WEB.kind, namespace, name);
    const before = await WEB.make(admin, namespace, name);
    const committed = await transact(admin, namespace, [changeOf(ref, 'Update', WEB.whole(name))]);
    await settled(admin, ref);
    const rolledOut = await admin.get(ref);
    expect(rolledOut.metadata.annotations?.['deployment.kubernetes.io/revision']).not.toBe(
      before.metadata.annotations?.['deployment.kubernetes.io/revision'],
    );
    const done = await rollBackOnRequest(admin, committed);
    expect(uncontrolled(await admin.get(ref))).toEqual(uncontrolled(before));
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
    expect(plain(rolledOut)).not.toEqual(plain(before));
  });
});
