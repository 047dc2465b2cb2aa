import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiVersionOf, type KubeObject } from '../../src/kube/object.ts';
import { isApiError } from '../../src/kube/errors.ts';
import { WEB } from '../janus/cast.ts';
import { at, complete, DEPLOYMENTS, eventually, mergeAs, PODS, REPLICA_SETS } from '../janus/objects.ts';
import { defineWidgets } from '../janus/widgets.ts';
import { HELD_OPEN, makeGate } from '../janus/gate.ts';
import { conditionOf, EXACT, uncontrolled } from '../janus/rolling-back.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { type Change, draft, ended, makeNamespace, seal } from '../janus/transacting.ts';

let cluster: Cluster;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
  await defineWidgets(cluster.admin);
});
afterAll(() => cluster?.stop());

const LOCKED = 'tx.janus.io/lock';

/** Plays the kubelet: every Pod of the Deployment runs and is ready. */
async function readyPods(name: string): Promise<void> {
  const { admin } = cluster;
  const { items } = await admin.list(PODS, { namespace, labelSelector: `app=${name}` });
  const waiting = items.filter((pod) => (pod['status'] as { phase?: string }).phase !== 'Running');
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }] };
  for (const pod of waiting) {
    await mergeAs(admin, 'kubelet', at(PODS, namespace, pod.metadata.name ?? ''), { status }, 'status').catch((error: unknown) => {
      if (!isApiError(error, 404)) throw error;
    });
  }
}

async function available(name: string, image: string): Promise<boolean> {
  await readyPods(name);
  const { items } = await cluster.admin.list(REPLICA_SETS, { namespace, labelSelector: `app=${name}` });
  const running = items.filter((set) => ((set['status'] as { availableReplicas?: number }).availableReplicas ?? 0) > 0);
  return running.length === 1 && running.every((set) => imagesOf(set).includes(image));
}

function imagesOf(object: KubeObject): readonly string[] {
  const { template } = object['spec'] as { template: { spec: { containers: readonly { image: string }[] } } };
  return template.spec.containers.map((container) => container.image);
}

async function underLock(
  type: 'Update' | 'Patch',
  name: string,
): Promise<{
  readonly before: KubeObject;
  readonly transaction: Awaited<ReturnType<typeof draft>>;
  readonly gate: Awaited<ReturnType<typeof makeGate>>;
}> {
  const { admin } = cluster;
  const ref = at(DEPLOYMENTS, namespace, name);
  await WEB.make(admin, namespace, name);
  await eventually('the first rollout is done', () => available(name, 'app:1'));
  await eventually(
    'its status says so',
    async () => ((await admin.get(ref))['status'] as { availableReplicas?: number }).availableReplicas === 2,
  );
  const before = await admin.get(ref);
  const gate = await makeGate(admin, namespace);
  const content = type === 'Update' ? complete(ref, WEB.whole(name)) : WEB.part;
  const change: Change = { type, apiVersion: apiVersionOf(DEPLOYMENTS), kind: 'Deployment', name, content };
  const transaction = await draft(admin, namespace, [change, gate.change], HELD_OPEN);
  await seal(admin, transaction);
  await gate.reached();
  return { before, transaction, gate };
}

describe('a Deployment under the lock of an open transaction', () => {
  test.each([
    ['Update', 'app:3'],
    ['Patch', 'app:2'],
  ] as const)(
    'rolls out what its %s changed: its controller makes the new ReplicaSet, writes status and revision, and then it commits',
    async (type, image) => {
      const { admin } = cluster;
      const name = `web-${type.toLowerCase()}`;
      const ref = at(DEPLOYMENTS, namespace, name);
      const { before, transaction, gate } = await underLock(type, name);
      await eventually('the new ReplicaSet carries all Pods', () => available(name, image));
      await eventually('the status says so', async () => {
        const { metadata, status } = await admin.get<
          KubeObject & {
            readonly status: {
              readonly observedGeneration?: number;
              readonly updatedReplicas?: number;
              readonly availableReplicas?: number;
            };
          }
        >(ref);
        return status.observedGeneration === metadata.generation && status.updatedReplicas === status.availableReplicas;
      });
      const during = await admin.get(ref);
      expect(during.metadata.labels?.[LOCKED]).toBeDefined();
      expect(Number(during.metadata.annotations?.['deployment.kubernetes.io/revision'])).toBeGreaterThan(
        Number(before.metadata.annotations?.['deployment.kubernetes.io/revision']),
      );
      await expect(mergeAs(admin, 'stranger', ref, { spec: { replicas: 7 } })).rejects.toSatisfy((error) => isApiError(error, 423));
      const { items } = await admin.list(REPLICA_SETS, { namespace, labelSelector: `app=${name}` });
      expect(items.every((set) => set.metadata.labels?.[LOCKED] === undefined && set.metadata.annotations?.[LOCKED] === undefined)).toBe(
        true,
      );
      await gate.open();
      const done = await ended(admin, transaction);
      expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
      const after = await admin.get(ref);
      expect(after.metadata.labels?.[LOCKED]).toBeUndefined();
      expect(imagesOf(after)).toContain(image);
    },
  );

  test('is rolled back after it has rolled out, and its controller goes back to the old ReplicaSet', async () => {
    const { admin } = cluster;
    const name = 'web-back';
    const { before, transaction, gate } = await underLock('Update', name);
    await eventually('the new ReplicaSet carries all Pods', () => available(name, 'app:3'));
    await gate.fail();
    const done = await ended(admin, transaction);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('RolledBack');
    expect(uncontrolled(await admin.get(at(DEPLOYMENTS, namespace, name)))).toEqual(uncontrolled(before));
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
    await eventually('the old ReplicaSet carries all Pods again', () => available(name, 'app:1'));
  });
});
