import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../src/kube/object.ts';
import { retrying } from '../../src/kube/retry.ts';
import { LOCK_LABEL } from '../../src/lock/label.ts';
import { GATES, hold, makeGate, type Held } from '../janus/holding.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, makeConfigMap, makeNamespace, type Change } from '../janus/transacting.ts';
import { expectLocked } from './refusals.ts';
import { unversioned } from './write-paths.ts';

const DEPLOYMENTS: ResourceKind = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true };
const AUTOSCALERS = (version: 'v1' | 'v2'): ResourceKind => ({
  group: 'autoscaling',
  version,
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  namespaced: true,
});

let cluster: Cluster;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const merge = (patch: unknown): { readonly type: 'merge'; readonly patch: unknown } => ({ type: 'merge', patch });

describe('of an object that a transaction patches', () => {
  const ref = (): ObjectRef => configMap(namespace, 'partly');
  let held: Held;

  beforeAll(async () => {
    await makeConfigMap(cluster.admin, namespace, 'partly', { a: '1', b: '1', c: '1' });
    held = await hold(cluster.admin, namespace, [
      { type: 'Patch', name: 'partly', content: { data: { a: '2', fresh: '2' }, metadata: { annotations: { note: 'ours' } } } },
    ]);
  });

  const current = (): Promise<KubeObject> => cluster.admin.get(ref());
  const dataOf = ({ data }: KubeObject): Record<string, string> => data as Record<string, string>;

  const writers: readonly (readonly [string, (values: Readonly<Record<string, string>>) => Promise<unknown>])[] = [
    ['a merge patch', (values) => cluster.admin.patch(ref(), merge({ data: values }))],
    ['a strategic merge patch', (values) => cluster.admin.patch(ref(), { type: 'strategic', patch: { data: values } })],
    [
      'a JSON patch',
      (values) =>
        cluster.admin.patch(ref(), {
          type: 'json',
          operations: Object.entries(values).map(([key, value]) => ({ op: 'add', path: `/data/${key}`, value })),
        }),
    ],
    [
      'a server-side apply',
      (values) =>
        cluster.admin.apply(
          ref(),
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'partly', namespace }, data: values },
          { fieldManager: `f-${Object.keys(values).join('-')}`, force: true },
        ),
    ],
    ['an update', async (values) => cluster.admin.update(ref(), { ...(await current()), data: { ...dataOf(await current()), ...values } })],
    [
      'an update whatever the resourceVersion',
      async (values) => cluster.admin.update(ref(), { ...unversioned(await current()), data: { ...dataOf(await current()), ...values } }),
    ],
  ];
  for (const [at, [title, write]] of writers.entries()) {
    test(`another field may be changed by ${title}`, async () => {
      await write({ b: `${title} b`, [`new-${String(at)}`]: 'x' });
      expect(dataOf(await current())).toMatchObject({ a: '1', b: `${title} b`, [`new-${String(at)}`]: 'x' });
    });

    test(`a field that it writes may not be changed by ${title}, not even together with others`, async () => {
      const before = await current();
      const refusal = await expectLocked(write({ a: '3' }));
      expect(refusal.message).toMatch(/ConfigMap \S+\/partly: data\.a is locked by transaction/);
      await expectLocked(write({ a: '3', b: 'mixed' }));
      await expectLocked(write({ fresh: '3' }));
      expect(await current()).toEqual(before);
    });
  }

  test('a field that it writes may not be removed', async () => {
    await expectLocked(cluster.admin.patch(ref(), merge({ data: { a: null } })));
    await expectLocked(cluster.admin.patch(ref(), merge({ data: null })));
    await expectLocked(cluster.admin.patch(ref(), { type: 'json', operations: [{ op: 'remove', path: '/data/a' }] }));
    const { a: _a, ...rest } = dataOf(await current());
    await expectLocked(cluster.admin.update(ref(), { ...(await current()), data: rest }));
    expect(dataOf(await current())).toMatchObject({ a: '1' });
  });

  test('several locked fields are all named in the refusal', async () => {
    const refusal = await expectLocked(
      cluster.admin.patch(ref(), merge({ data: { a: '3', fresh: '3', b: 'free' }, metadata: { annotations: { note: 'theirs' } } })),
    );
    expect(refusal.message).toMatch(
      /data\.a, data\.fresh and metadata\.annotations\.note are locked by|metadata\.annotations\.note, data\.a and data\.fresh are locked by/,
    );
  });

  test('it may not be deleted', async () => {
    const before = await current();
    expect((await expectLocked(cluster.admin.delete(ref()))).message).toContain("can't be deleted: it is locked by");
    await expectLocked(cluster.admin.raw('DELETE', `/api/v1/namespaces/${namespace}/configmaps?fieldSelector=metadata.name%3Dpartly`));
    expect(await current()).toEqual(before);
  });

  test('the label may not be changed along with a field that is free', async () => {
    const refusal = await expectLocked(
      cluster.admin.patch(ref(), merge({ data: { b: 'x' }, metadata: { labels: { [LOCK_LABEL]: null } } })),
    );
    expect(refusal.message).toContain(`its label ${LOCK_LABEL} can't be changed or removed`);
  });

  test('other labels, annotations and finalizers may be changed', async () => {
    const { object } = await cluster.admin.patch(
      ref(),
      merge({ metadata: { labels: { app: 'x' }, annotations: { other: 'x' }, finalizers: ['example.com/wait'] } }),
    );
    expect(object.metadata).toMatchObject({ labels: { app: 'x' }, annotations: { other: 'x' }, finalizers: ['example.com/wait'] });
    await cluster.admin.patch(ref(), merge({ metadata: { finalizers: null, annotations: { other: null } } }));
    await cluster.admin.patch(ref(), merge({ metadata: { annotations: { other: 'y' } } }));
  });

  test('no owner may be added, since the collection of its garbage would delete it', async () => {
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: randomUUID() }];
    const refusal = await expectLocked(cluster.admin.patch(ref(), merge({ metadata: { ownerReferences } })));
    expect(refusal.message).toContain("its ownerReferences can't be changed");
  });

  test('the fields stay locked after somebody has cleared what says who owns them', async () => {
    const { object } = await cluster.admin.patch(ref(), merge({ metadata: { managedFields: [{}] } }));
    expect(object.metadata.managedFields).toBeUndefined();
    await expectLocked(cluster.admin.patch(ref(), merge({ data: { a: '3' } })));
  });

  test('what others wrote meanwhile is still there after the commit', async () => {
    await cluster.admin.patch(ref(), merge({ data: { c: 'theirs' } }));
    expect((await held.release()).status?.phase).toBe('Committed');
    const after = await current();
    expect(dataOf(after)).toMatchObject({ a: '2', fresh: '2', c: 'theirs' });
    expect([after.metadata.labels, after.metadata.annotations]).toEqual([{ app: 'x' }, { note: 'ours', other: 'y' }]);
  });
});

describe('of an object that a transaction has created', () => {
  test('other fields may be added, its own may not be changed, and it may not be deleted', async () => {
    const { admin } = cluster;
    const content = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' }, data: { a: '2' } };
    const held = await hold(admin, namespace, [{ type: 'Create', name: 'made', content, order: 0 }]);
    const ref = configMap(namespace, 'made');
    await admin.patch(ref, merge({ data: { b: 'theirs' } }));
    expect((await expectLocked(admin.patch(ref, merge({ data: { a: '3' } })))).message).toContain('data.a is locked');
    await expectLocked(admin.patch(ref, merge({ metadata: { labels: { [LOCK_LABEL]: null } } })));
    await expectLocked(admin.delete(ref));
    await held.release();
    const after = await admin.get(ref);
    expect([after['data'], after.metadata.labels]).toEqual([{ a: '2', b: 'theirs' }, undefined]);
  });
});

describe('of a Deployment of which one container’s image is patched', () => {
  const ref = (): ObjectRef => ({ kind: DEPLOYMENTS, namespace, name: 'web' });
  const containers = (app: string, sidecar: string): readonly Record<string, string>[] => [
    { name: 'app', image: app },
    { name: 'sidecar', image: sidecar },
  ];
  let held: Held;

  beforeAll(async () => {
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: containers('app:1', 'sidecar:1') } };
    const spec = { replicas: 0, selector: { matchLabels: { app: 'web' } }, template };
    await cluster.admin.apply(
      ref(),
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace }, spec },
      { fieldManager: 'owner' },
    );
    const content = { spec: { template: { spec: { containers: [{ name: 'app', image: 'app:2' }] } } } };
    held = await hold(cluster.admin, namespace, [{ type: 'Patch', apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', content }]);
  });

  const template = (images: unknown): unknown => ({ spec: { template: { spec: { containers: images } } } });

  test('the image may not be changed, whichever way the list is written', async () => {
    const strategic = { type: 'strategic', patch: template([{ name: 'app', image: 'app:3' }]) } as const;
    expect((await expectLocked(cluster.admin.patch(ref(), strategic))).message).toContain(
      'spec.template.spec.containers[name="app"].image is locked',
    );
    await expectLocked(cluster.admin.patch(ref(), merge(template(containers('app:3', 'sidecar:1')))));
    await expectLocked(
      cluster.admin.patch(ref(), {
        type: 'json',
        operations: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'app:3' }],
      }),
    );
    await expectLocked(cluster.admin.patch(ref(), { type: 'strategic', patch: template([{ name: 'app', $patch: 'delete' }]) }));
  });

  test('the other container’s image and the number of replicas may be', async () => {
    const { admin } = cluster;
    await admin.patch(ref(), { type: 'strategic', patch: template([{ name: 'sidecar', image: 'sidecar:2' }]) });
    await admin.patch(ref(), merge({ spec: { replicas: 1 } }));
    await admin.patch(ref(), merge({ spec: { replicas: 0 } }));
    // The deployment controller writes its status meanwhile.
    const put = async (): Promise<unknown> => {
      const now = await admin.get(ref());
      return admin.update(ref(), { ...now, metadata: { ...now.metadata, annotations: { ...now.metadata.annotations, seen: 'yes' } } });
    };
    await retrying(put, { attempts: 20, retryable: (error) => isApiError(error, 409) });
    expect((await admin.get(ref()))['spec']).toMatchObject({
      replicas: 0,
      template: { spec: { containers: [{ image: 'app:1' }, { image: 'sidecar:2' }] } },
    });
  });

  test('a change of the containers’ order is no change of the image', async () => {
    const { admin } = cluster;
    const { spec } = (await admin.get(ref())) as { spec?: { template: { spec: { containers: readonly unknown[] } } } };
    const reversed = [...(spec?.template.spec.containers ?? [])].reverse();
    await admin.patch(ref(), { type: 'json', operations: [{ op: 'replace', path: '/spec/template/spec/containers', value: reversed }] });
    await expectLocked(
      admin.patch(ref(), { type: 'json', operations: [{ op: 'replace', path: '/spec/template/spec/containers/1/image', value: 'app:3' }] }),
    );
    await admin.patch(ref(), {
      type: 'json',
      operations: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'sidecar:3' }],
    });
  });

  test('the patch is made, and nothing of what others did is lost', async () => {
    const done = await held.release();
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    const { spec } = (await cluster.admin.get(ref())) as {
      spec?: { template: { spec: { containers: readonly { name: string; image: string }[] } } };
    };
    const images = new Map((spec?.template.spec.containers ?? []).map(({ name, image }) => [name, image]));
    expect(Object.fromEntries(images)).toEqual({ app: 'app:2', sidecar: 'sidecar:3' });
  });
});

describe('of an object that is served in several versions', () => {
  test('a write in another version than the one that is locked is refused with advice, whatever it changes', async () => {
    const { admin } = cluster;
    const ref = (version: 'v1' | 'v2'): ObjectRef => ({ kind: AUTOSCALERS(version), namespace, name: 'scaler' });
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    const scaler = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'scaler', namespace },
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 3 },
    };
    await admin.create(ref('v2'), scaler);
    const change: Change = {
      type: 'Patch',
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      name: 'scaler',
      content: { spec: { maxReplicas: 5 } },
    };
    const held = await hold(admin, namespace, [change]);
    await expectLocked(admin.patch(ref('v2'), merge({ spec: { maxReplicas: 4 } })));
    const { object } = await admin.patch(ref('v2'), merge({ spec: { minReplicas: 2 } }));
    expect(object['spec']).toMatchObject({ minReplicas: 2, maxReplicas: 3 });
    for (const spec of [{ maxReplicas: 4 }, { minReplicas: 3 }]) {
      const refusal = await expectLocked(admin.patch(ref('v1'), merge({ spec })));
      expect(refusal.message).toContain('known in autoscaling/v2 only: write it in that version');
    }
    await held.release();
    expect((await admin.get(ref('v2')))['spec']).toMatchObject({ minReplicas: 2, maxReplicas: 5 });
  });
});

describe('of a custom resource that a transaction patches', () => {
  test('its controller writes the status and its own fields, and nobody the locked ones', async () => {
    const { admin } = cluster;
    const gate = await makeGate(admin, namespace);
    const change: Change = {
      type: 'Patch',
      apiVersion: `${GATES.group}/v1`,
      kind: 'Gate',
      name: gate.name,
      content: { spec: { size: 7 } },
    };
    const held = await hold(admin, namespace, [change]);
    const controller: Identity = { user: `system:serviceaccount:${namespace}:deployer` };
    await admin.patch(gate, merge({ status: { phase: 'Working' } }), { subresource: 'status', as: controller });
    await admin.patch(gate, merge({ spec: { note: 'mine' }, metadata: { finalizers: ['example.com/wait'] } }), { as: controller });
    await expectLocked(admin.patch(gate, merge({ spec: { size: 8 } }), { as: controller }));
    await expectLocked(admin.patch(gate, merge({ spec: null }), { as: controller }));
    await admin.patch(gate, merge({ metadata: { finalizers: null }, status: {} }), { as: controller });
    await admin.patch(gate, merge({ status: { conditions: [{ type: 'Ready', status: 'True' }] } }), { subresource: 'status' });
    expect((await held.release()).status?.phase).toBe('Committed');
    expect((await admin.get(gate))['spec']).toEqual({ size: 7, note: 'mine' });
  });
});
