import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isApiError } from '../../src/kube/errors.ts';
import { apiVersionOf, type KubeObject, type ObjectRef } from '../../src/kube/object.ts';
import { NAMESPACES } from '../../src/kube/well-known.ts';
import { SETTINGS } from '../janus/cast.ts';
import { aged, applyAs, at, CLAIMS, complete, eventually, JOBS, mergeAs, VOLUMES } from '../janus/objects.ts';
import { conditionOf, doomed, EXACT, reborn, rollBackOnRequest, thereAndBack, uncontrolled, WAYS } from '../janus/rolling-back.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import {
  annotate,
  type Change,
  CONFIG_MAPS,
  configMap,
  draft,
  find,
  inPhase,
  makeConfigMap,
  makeNamespace,
  plain,
  seal,
  transact,
} from '../janus/transacting.ts';

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
const HOLD = 'example.com/hold';
/** The binder of volumes looks again every 15 seconds at what it has missed. */
const BINDER_MS = 180_000;

function deletes(ref: ObjectRef, order = 0): Change {
  return { type: 'Delete', apiVersion: apiVersionOf(ref.kind), kind: ref.kind.kind, name: ref.name, order };
}

const claimSpec = (volumeName?: string): object => ({
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'by-hand',
    resources: { requests: { storage: '1Gi' } },
    ...(volumeName === undefined ? {} : { volumeName }),
  },
});

function phaseOf(object: KubeObject): string | undefined {
  return (object['status'] as { readonly phase?: string } | undefined)?.phase;
}

describe('a rollback with PersistentVolumeClaims', () => {
  test.each(WAYS)(
    'removes the one that was created, and makes again the one that was deleted, both with pvc-protection, %s',
    async (way) => {
      const { admin } = cluster;
      const [there, anew] = [at(CLAIMS, namespace, fresh()), at(CLAIMS, namespace, fresh())];
      await applyAs(admin, 'flux', there, claimSpec());
      await eventually('the claim is seen', async () => phaseOf(await admin.get(there)) === 'Pending');
      const before = await aged(admin, there);
      expect(before.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
      const create: Change = { type: 'Create', kind: 'PersistentVolumeClaim', name: anew.name, content: complete(anew, claimSpec()) };
      const done = await thereAndBack(admin, namespace, [deletes(there), create], way, {
        committed: async () => {
          await eventually('the claim is gone', async () => (await find(admin, there)) === undefined);
          expect((await admin.get(anew)).metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
        },
      });
      expect(await find(admin, anew)).toBeUndefined();
      expect(reborn(uncontrolled(await admin.get(there)))).toEqual(reborn(uncontrolled(before)));
      expect(conditionOf(done, 'Exact')?.message).toContain(`PersistentVolumeClaim ${namespace}/${there.name}: metadata.uid`);
      expect(conditionOf(done, 'Exact')?.message).not.toContain(anew.name);
    },
  );

  test('makes one again that was bound so that it can be bound to its volume again, and says how', async () => {
    const { admin } = cluster;
    const [claim, volume] = [at(CLAIMS, namespace, fresh()), at(VOLUMES, '', `${namespace}-${fresh()}`)];
    await applyAs(admin, 'flux', volume, {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'by-hand',
        persistentVolumeReclaimPolicy: 'Retain',
        hostPath: { path: '/nowhere' },
      },
    });
    await eventually('the volume is there for the binder', async () => phaseOf(await admin.get(volume)) === 'Available', BINDER_MS);
    await applyAs(admin, 'flux', claim, claimSpec(volume.name));
    await eventually('the claim is bound', async () => phaseOf(await admin.get(claim)) === 'Bound', BINDER_MS);
    const committed = await transact(admin, namespace, [deletes(claim)]);
    expect(committed.status?.phase, JSON.stringify(committed.status)).toBe('Committed');
    await eventually('the volume is released', async () => phaseOf(await admin.get(volume)) === 'Released');
    const done = await rollBackOnRequest(admin, committed);
    expect(conditionOf(done, 'Exact')?.message).toContain(`it waits for volume ${volume.name}`);
    await eventually('the claim waits', async () => phaseOf(await admin.get(claim)) === 'Pending');
    await mergeAs(admin, 'admin', volume, { spec: { claimRef: { uid: null, resourceVersion: null } } });
    await eventually('the claim is bound to its volume again', async () => phaseOf(await admin.get(claim)) === 'Bound', BINDER_MS);
  });
});

describe('a rollback of the Delete of an object that its finalizers keep', () => {
  async function held(): Promise<{ readonly ref: ObjectRef; readonly before: KubeObject }> {
    const ref = configMap(namespace, fresh());
    await applyAs(cluster.admin, 'flux', ref, { data: { a: '1' }, metadata: { finalizers: [HOLD] } });
    return { ref, before: await aged(cluster.admin, ref) };
  }

  const letGo = (ref: ObjectRef): Promise<unknown> => mergeAs(cluster.admin, 'holder', ref, { metadata: { finalizers: null } });

  test.each(WAYS)('waits until they let it go, and then makes it again, %s', async (way) => {
    const { admin } = cluster;
    const { ref, before } = await held();
    const transaction = await draft(admin, namespace, [deletes(ref), ...(way === 'when a later change fails' ? doomed() : [])]);
    await seal(admin, transaction);
    if (way === 'on request after the commit') {
      await inPhase(admin, transaction, 'Committed');
      expect((await admin.get(ref)).metadata.deletionTimestamp).toBeDefined();
      await annotate(admin, transaction, 'tx.janus.io/request-rollback');
    }
    await inPhase(admin, transaction, 'RollingBack');
    await expect(mergeAs(admin, 'stranger', ref, { data: { a: 'x' } })).rejects.toSatisfy((error) => isApiError(error, 423));
    await letGo(ref);
    await inPhase(admin, transaction, 'RolledBack');
    const again = await admin.get(ref);
    expect(again.metadata.uid).not.toBe(before.metadata.uid);
    expect(reborn(plain(again))).toEqual(reborn(plain(before)));
    await letGo(ref);
  });

  test('that let it go late names it as Failed, tries again by itself, and finishes', async () => {
    const { admin } = cluster;
    const { ref, before } = await held();
    const beside = await makeConfigMap(admin, namespace, fresh(), { a: '1' });
    const change: Change = { type: 'Patch', name: beside.metadata.name ?? '', content: { data: { a: '2' } } };
    const transaction = await draft(admin, namespace, [deletes(ref), change, ...doomed()]);
    await seal(admin, transaction);
    const failed = await inPhase(admin, transaction, 'Failed');
    const words = `ConfigMap ${namespace}/${ref.name}: it is still being deleted: finalizers ${HOLD}`;
    expect(conditionOf(failed, 'Failed')?.message).toContain(words);
    expect(conditionOf(failed, 'Stalled')).toMatchObject({ reason: 'RollbackFailed' });
    expect(plain(await admin.get(configMap(namespace, change.name)))).toEqual(plain(beside));
    await letGo(ref);
    await inPhase(admin, transaction, 'RolledBack');
    expect(reborn(plain(await admin.get(ref)))).toEqual(reborn(plain(before)));
    await letGo(ref);
  });

  test('that a Create left behind: what was created with finalizers goes once they let it go', async () => {
    const { admin } = cluster;
    const ref = configMap(namespace, fresh());
    const content = complete(ref, { data: { a: '1' }, metadata: { finalizers: [HOLD] } });
    const transaction = await draft(admin, namespace, [{ type: 'Create', name: ref.name, content }, ...doomed()]);
    await seal(admin, transaction);
    await eventually('it is being deleted', async () => (await find(admin, ref))?.metadata.deletionTimestamp !== undefined);
    await letGo(ref);
    const done = await inPhase(admin, transaction, 'RolledBack');
    expect(await find(admin, ref)).toBeUndefined();
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
  });
});

describe('a rollback of several changes to one object', () => {
  const content = (name: string): KubeObject => complete(at(CONFIG_MAPS, namespace, name), { data: { anew: '1' } });

  test.each(WAYS)('that was deleted and created anew brings back the first, %s', async (way) => {
    const { admin } = cluster;
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    await thereAndBack(
      admin,
      namespace,
      [deletes(configMap(namespace, name)), { type: 'Create', name, content: content(name), order: 1 }],
      way,
    );
    expect(reborn(plain(await admin.get(configMap(namespace, name))))).toEqual(reborn(plain(before)));
  });

  test.each(WAYS)('that was patched, updated and deleted brings it back as it was at first, %s', async (way) => {
    const { admin } = cluster;
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const changes: readonly Change[] = [
      { type: 'Patch', name, content: SETTINGS.part },
      { type: 'Update', name, content: content(name), order: 1 },
      deletes(configMap(namespace, name), 2),
    ];
    await thereAndBack(admin, namespace, changes, way);
    expect(reborn(plain(await admin.get(configMap(namespace, name))))).toEqual(reborn(plain(before)));
  });

  test.each(WAYS)('that was created and patched leaves nothing of it, %s', async (way) => {
    const { admin } = cluster;
    const name = fresh();
    const changes: readonly Change[] = [
      { type: 'Create', name, content: content(name) },
      { type: 'Patch', name, content: { data: { more: '1' } }, order: 1 },
    ];
    const done = await thereAndBack(admin, namespace, changes, way);
    expect(await find(admin, configMap(namespace, name))).toBeUndefined();
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
  });

  test.each(WAYS)('that was patched twice restores it to the letter, %s', async (way) => {
    const { admin } = cluster;
    const name = fresh();
    const before = await SETTINGS.make(admin, namespace, name);
    const changes: readonly Change[] = [
      { type: 'Patch', name, content: SETTINGS.part },
      { type: 'Patch', name, content: { data: { a: '3', second: '1' }, metadata: { labels: { app: 'x', second: 's' } } }, order: 1 },
    ];
    const done = await thereAndBack(admin, namespace, changes, way);
    expect(plain(await admin.get(configMap(namespace, name)))).toEqual(plain(before));
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
  });
});

describe('a rollback that makes again what cannot come back whole says what is lost', () => {
  test('of a Job, whose selector names its uid', async () => {
    const { admin } = cluster;
    const ref = at(JOBS, namespace, fresh());
    const template = {
      metadata: { labels: { mine: 'yes' } },
      spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'app:1' }] },
    };
    await applyAs(admin, 'flux', ref, { spec: { suspend: true, backoffLimit: 3, template } });
    const before = await admin.get(ref);
    const done = await thereAndBack(admin, namespace, [deletes(ref)], 'on request after the commit', {
      committed: () => eventually('the job is gone', async () => (await find(admin, ref)) === undefined),
    });
    const again = await admin.get(ref);
    expect(again.metadata.uid).not.toBe(before.metadata.uid);
    expect(again['spec']).toMatchObject({ suspend: true, backoffLimit: 3, template: { metadata: { labels: { mine: 'yes' } } } });
    expect(again.metadata.managedFields?.find(({ manager }) => manager === 'flux')).toEqual(
      before.metadata.managedFields?.find(({ manager }) => manager === 'flux'),
    );
    expect(conditionOf(done, 'Exact')?.message).toContain('spec.selector and the labels that name its uid');
  });

  test('of a Namespace, with which everything in it goes', async () => {
    const { admin } = cluster;
    const name = await makeNamespace(admin);
    await makeConfigMap(admin, name, 'inside', { a: '1' });
    const before = await admin.get({ kind: NAMESPACES, name });
    const done = await thereAndBack(admin, namespace, [deletes({ kind: NAMESPACES, name })], 'on request after the commit', {
      committed: () => eventually('the namespace is gone', async () => (await find(admin, { kind: NAMESPACES, name })) === undefined),
    });
    const again = await admin.get({ kind: NAMESPACES, name });
    expect(again.metadata.labels).toEqual(before.metadata.labels);
    expect(phaseOf(again)).toBe('Active');
    expect(conditionOf(done, 'Exact')?.message).toContain(`Namespace ${name}: everything that was in it`);
  });
});
