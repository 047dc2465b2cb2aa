import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GUARDS_CONFIGURATION_NAME, VALIDATING_WEBHOOK_CONFIGURATIONS, webhooksOf } from '../../src/admission/guard/configuration.ts';
import type { Identity } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../src/kube/object.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../../src/kube/well-known.ts';
import { lockHolderOf } from '../../src/lock/holder.ts';
import { expectLocked, refusalOf } from '../lock/refusals.ts';
import { hold, makeGate, writeReadiness } from '../janus/holding.ts';
import { applyAs, at, complete, DEPLOYMENTS, eventually, mergeAs, PODS } from '../janus/objects.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import {
  type Change,
  CONFIG_MAPS,
  configMap,
  draft,
  ended,
  find,
  makeConfigMap,
  makeNamespace,
  plain,
  seal,
  transact,
} from '../janus/transacting.ts';

const STATEFUL_SETS: ResourceKind = { ...DEPLOYMENTS, kind: 'StatefulSet', resource: 'statefulsets' };
const STACKS: ResourceKind = { group: 'guards.example.com', version: 'v1', kind: 'Stack', resource: 'stacks', namespaced: true };
const AUTOSCALER: Identity = { user: 'system:serviceaccount:kube-system:horizontal-pod-autoscaler' };

let cluster: Cluster;
let operator: Operator;
let namespace: string;
/** Requests of Janus for its guards. */
let asked = 0;

beforeAll(async () => {
  cluster = await bootCluster();
  operator = await cluster.start({
    fault: (request, send) => {
      if (request.label.name === GUARDS_CONFIGURATION_NAME) asked += 1;
      return send(request);
    },
  });
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const deployer = (): Identity => ({ user: `system:serviceaccount:${namespace}:deployer` });
const content = (data: Readonly<Record<string, string>>): NonNullable<Change['content']> => ({ data });
const create = (ref: ObjectRef, as?: Identity): Promise<unknown> =>
  cluster.admin.create(ref, complete(ref, {}), as === undefined ? {} : { as });
const scale = (ref: ObjectRef, replicas: number, as?: Identity): Promise<unknown> =>
  cluster.admin.patch(ref, { type: 'merge', patch: { spec: { replicas } } }, { subresource: 'scale', ...(as === undefined ? {} : { as }) });
/** As autoscalers do it. */
async function autoscale(ref: ObjectRef, replicas: number): Promise<unknown> {
  const { kind, name } = ref;
  const current = await cluster.admin.raw<KubeObject>(
    'GET',
    `/apis/${kind.group}/${kind.version}/namespaces/${namespace}/${kind.resource}/${name}/scale`,
  );
  return cluster.admin.update(ref, { ...current, spec: { replicas } }, { subresource: 'scale', as: AUTOSCALER });
}
const evict = ({ name, namespace: of = '' }: ObjectRef, as?: Identity): Promise<unknown> =>
  cluster.admin.raw(
    'POST',
    `/api/v1/namespaces/${of}/pods/${name}/eviction`,
    { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: of } },
    as === undefined ? {} : { as },
  );

/** The guards that are up. */
async function guards(): Promise<readonly string[]> {
  const found = await find(cluster.admin, { kind: VALIDATING_WEBHOOK_CONFIGURATIONS, name: GUARDS_CONFIGURATION_NAME });
  return webhooksOf(found).map(({ name }) => name);
}

/** Sum of a counter over the lines that fit. */
async function counted(metric: string, ...labels: readonly string[]): Promise<number> {
  const lines = (await operator.metrics())
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) && labels.every((label) => line.includes(label)));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
const reviews = (): Promise<number> => counted('janus_webhook_decisions_total', 'path="/validate-guards/"', 'allowed="true"');
const refusals = (): Promise<number> => counted('janus_webhook_decisions_total', 'path="/validate-guards/"', 'rule="guard-closed"');

/** A workload of no replicas. */
async function makeWorkload(kind: ResourceKind, name: string): Promise<ObjectRef> {
  const ref = at(kind, namespace, name);
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app:1' }] } };
  const spec = {
    replicas: 0,
    selector: { matchLabels: labels },
    template,
    ...(kind.kind === 'StatefulSet' ? { serviceName: 'none' } : {}),
  };
  await applyAs(cluster.admin, 'owner', ref, { spec });
  return ref;
}

const patchOf = (ref: ObjectRef, spec: Readonly<Record<string, unknown>>): Change => ({
  type: 'Patch',
  apiVersion: `${ref.kind.group}/${ref.kind.version}`,
  kind: ref.kind.kind,
  name: ref.name,
  content: { spec },
});

describe('a name that a transaction is about to create', () => {
  test('is refused to everybody else, by every way to create it, before and after the transaction has', async () => {
    const { admin } = cluster;
    const ref = configMap(namespace, 'planned');
    const held = await hold(admin, namespace, [{ type: 'Create', name: 'planned', content: content({ a: '1' }) }]);
    for (const as of [undefined, deployer()]) await expectLocked(create(ref, as));
    await expectLocked(admin.apply(ref, complete(ref, {}), { fieldManager: 'stranger' }));
    await expectLocked(admin.create(ref, complete(ref, {}), { dryRun: true }));
    const refusal = await expectLocked(create(ref));
    const { name = '' } = held.transaction.metadata;
    expect(refusal.message).toContain(
      `ConfigMap ${namespace}/planned can't be created: its name is locked by transaction ${namespace}/${name} (change ${name}-1, requested by admin`,
    );
    expect(lockHolderOf(refusal.status)?.transaction).toBe(held.transaction.metadata.uid);
    expect((await held.release()).status?.phase).toBe('Committed');
    expect((await admin.get(ref))['data']).toEqual({ a: '1' });
    expect((await refusalOf(create(ref))).code).toBe(409);
    expect(await guards()).toEqual([]);
  });

  test('is refused after it was created, too, until the transaction ends', async () => {
    const { admin } = cluster;
    const ref = configMap(namespace, 'made');
    const held = await hold(admin, namespace, [{ type: 'Create', name: 'made', content: content({ a: '1' }), order: 0 }]);
    await eventually('it is made', async () => (await find(admin, ref)) !== undefined);
    await expectLocked(create(ref));
    expect((await held.release()).status?.phase).toBe('Committed');
  });

  test('is nobody else’s business: others create what they like, and Janus is not asked', async () => {
    const { admin } = cluster;
    const other = await makeNamespace(admin);
    const held = await hold(admin, namespace, [{ type: 'Create', name: 'mine', content: content({}) }]);
    const before = await reviews();
    await create(configMap(namespace, 'theirs'));
    await create(configMap(other, 'mine'));
    const generated = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'mine-' } };
    await admin.raw('POST', `/api/v1/namespaces/${namespace}/configmaps`, generated);
    await admin.patch(configMap(namespace, 'theirs'), { type: 'merge', patch: { data: { a: '1' } } });
    await admin.delete(configMap(namespace, 'theirs'));
    expect(await reviews()).toBe(before);
    await held.release();
  });
});

describe('a name that a transaction has deleted', () => {
  async function deleted(
    name: string,
  ): Promise<{ readonly ref: ObjectRef; readonly object: KubeObject; readonly held: Awaited<ReturnType<typeof hold>> }> {
    const { admin } = cluster;
    const object = await makeConfigMap(admin, namespace, name, { a: '1' });
    const held = await hold(admin, namespace, [{ type: 'Delete', name, order: 0 }]);
    const ref = configMap(namespace, name);
    await eventually('it is deleted', async () => (await find(admin, ref)) === undefined);
    return { ref, object, held };
  }

  test('is refused to everybody else until the commit, and free from then on', async () => {
    const { ref, held } = await deleted('gone');
    await expectLocked(create(ref));
    await expectLocked(create(ref, deployer()));
    expect((await held.release()).status?.phase).toBe('Committed');
    await create(ref);
  });

  test('is refused until a rollback has brought the object back', async () => {
    const { admin } = cluster;
    const { ref, object, held } = await deleted('back');
    await expectLocked(create(ref));
    await mergeAs(
      admin,
      'test',
      held.gate,
      { status: { conditions: [{ type: 'Stalled', status: 'True', reason: 'Test', message: 'x' }] } },
      'status',
    );
    expect((await ended(admin, held.transaction)).status?.phase).toBe('RolledBack');
    const { uid: _uid, creationTimestamp: _time, ...metadata } = plain(object).metadata;
    expect(plain(await admin.get(ref))).toMatchObject({ data: { a: '1' }, metadata: { name: metadata.name } });
    expect(await guards()).toEqual([]);
  });
});

describe('the number of replicas', () => {
  test('is refused to everybody, autoscalers too, through the scale subresource while it is locked', async () => {
    const { admin } = cluster;
    const ref = await makeWorkload(DEPLOYMENTS, 'scaled');
    const held = await hold(admin, namespace, [patchOf(ref, { replicas: 0 })]);
    for (const as of [undefined, deployer()]) await expectLocked(scale(ref, 2, as));
    await expectLocked(autoscale(ref, 2));
    const refusal = await expectLocked(scale(ref, 2));
    expect(refusal.message).toContain(`Deployment ${namespace}/scaled can't be scaled: it is locked by transaction ${namespace}/`);
    await scale(ref, 0);
    expect((await held.release()).status?.phase).toBe('Committed');
    expect(((await admin.get(ref))['spec'] as { replicas: number }).replicas).toBe(0);
    await scale(ref, 1);
  });

  test('is refused where the whole object is locked', async () => {
    const ref = await makeWorkload(STATEFUL_SETS, 'whole');
    const current = await cluster.admin.get(ref);
    const { name } = ref;
    const replacement = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name, labels: { a: 'b' } }, spec: current['spec'] };
    const held = await hold(cluster.admin, namespace, [
      { type: 'Update', apiVersion: 'apps/v1', kind: 'StatefulSet', name, content: replacement },
    ]);
    await expectLocked(scale(ref, 2));
    expect((await held.release()).status?.phase).toBe('Committed');
  });

  test('is anybody’s where something else is locked, and Janus is not asked', async () => {
    const ref = await makeWorkload(DEPLOYMENTS, 'imaged');
    const template = { spec: { containers: [{ name: 'app', image: 'app:2' }] } };
    const held = await hold(cluster.admin, namespace, [patchOf(ref, { template })]);
    const before = await reviews();
    expect(await guards()).toEqual([]);
    await autoscale(ref, 2);
    await scale(ref, 0);
    expect(await reviews()).toBe(before);
    expect((await held.release()).status?.phase).toBe('Committed');
  });

  test('of a custom resource is where its definition says', async () => {
    const { admin } = cluster;
    await defineStacks();
    const [counted, painted] = [at(STACKS, namespace, 'counted'), at(STACKS, namespace, 'painted')];
    for (const ref of [counted, painted]) await applyAs(admin, 'owner', ref, { spec: { count: 1, colour: 'red' } });
    const held = await hold(admin, namespace, [patchOf(counted, { count: 2 }), patchOf(painted, { colour: 'blue' })]);
    await expectLocked(scale(counted, 3));
    await scale(painted, 3);
    expect((await held.release()).status?.phase).toBe('Committed');
    expect((await admin.get(counted))['spec']).toEqual({ count: 2, colour: 'red' });
    expect((await admin.get(painted))['spec']).toEqual({ count: 3, colour: 'blue' });
  });

  test('makes people wait and never the cluster’s controllers, where a transaction asks others to wait', async () => {
    const ref = await makeWorkload(DEPLOYMENTS, 'delayed');
    const held = await hold(
      cluster.admin,
      namespace,
      [patchOf(ref, { replicas: 0 }), { type: 'Create', name: 'later', content: content({}) }],
      { foreignWrites: 'Delay' },
    );
    const refusal = await refusalOf(scale(ref, 2));
    expect([refusal.code, refusal.reason, (refusal.status.details?.retryAfterSeconds ?? 0) > 0]).toEqual([429, 'TooManyRequests', true]);
    expect((await refusalOf(create(configMap(namespace, 'later')))).code).toBe(429);
    await expectLocked(autoscale(ref, 2));
    await held.release();
  });
});

describe('a locked Pod', () => {
  test('is not evicted, while others are', async () => {
    const { admin } = cluster;
    const [ref, other] = [at(PODS, namespace, 'kept'), at(PODS, namespace, 'let-go')];
    await eventually('Pods are taken', () =>
      admin.get({ kind: { ...CONFIG_MAPS, kind: 'ServiceAccount', resource: 'serviceaccounts' }, namespace, name: 'default' }).then(
        () => true,
        () => false,
      ),
    );
    for (const pod of [ref, other]) await admin.create(pod, complete(pod, { spec: { containers: [{ name: 'a', image: 'a:1' }] } }));
    const ready = [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }];
    await mergeAs(admin, 'kubelet', ref, { status: { phase: 'Running', conditions: ready } }, 'status');
    const held = await hold(admin, namespace, [
      { type: 'Patch', kind: 'Pod', name: 'kept', content: { metadata: { labels: { a: 'b' } } } },
    ]);
    for (const as of [undefined, deployer()]) await expectLocked(evict(ref, as));
    const refusal = await expectLocked(evict(ref));
    expect(refusal.message).toContain(`Pod ${namespace}/kept can't be evicted: it is locked by transaction ${namespace}/`);
    await evict(other);
    expect((await held.release()).status?.phase).toBe('Committed');
    await evict(ref);
  });
});

describe('guards', () => {
  test('cost a transaction that needs none not one request', async () => {
    const { admin } = cluster;
    for (const name of ['p1', 'p2', 'p3']) await makeConfigMap(admin, namespace, name, { a: '1' });
    expect(asked).toBeGreaterThan(0);
    const before = asked;
    const done = await transact(
      admin,
      namespace,
      ['p1', 'p2', 'p3'].map((name): Change => ({ type: 'Patch', name, content: content({ a: '2' }) })),
    );
    expect(done.status?.phase).toBe('Committed');
    expect(asked).toBe(before);
  });

  test('of two transactions are up at once, and each goes with its own', async () => {
    const { admin } = cluster;
    const [one, two] = await Promise.all(
      ['first', 'second'].map((name) => hold(admin, namespace, [{ type: 'Create', name, content: content({}) }])),
    );
    for (const name of ['first', 'second']) await expectLocked(create(configMap(namespace, name)));
    await one?.release();
    expect((await guards()).some((name) => name.includes(one?.transaction.metadata.uid ?? '?'))).toBe(false);
    await expectLocked(create(configMap(namespace, 'second')));
    await two?.release();
    expect(await guards()).toEqual([]);
  });

  test('hold 1,200 names of one transaction', async () => {
    const { admin } = cluster;
    const gate = await makeGate(admin, namespace);
    const names = Array.from({ length: 1_200 }, (_, index) => `many-${String(index)}`);
    const waiting: Change = {
      type: 'Patch',
      apiVersion: 'test.example.com/v1',
      kind: 'Gate',
      name: gate.name,
      content: { spec: { size: 2 } },
    };
    const changes = names.map((name): Change => ({ type: 'Create', name, content: content({}), order: 1 }));
    const transaction = await draft(admin, namespace, [waiting, ...changes], { health: { timeout: '5m' } });
    await seal(admin, transaction);
    await eventually('it has begun', async () => ((await admin.get(gate))['spec'] as { readonly size?: number }).size === 2);
    expect(await guards()).toHaveLength(4);
    for (const name of ['many-0', 'many-599', 'many-1199']) await expectLocked(create(configMap(namespace, name)));
    await create(configMap(namespace, 'many-1200'));
    await writeReadiness(admin, gate, 'True');
    expect((await ended(admin, transaction)).status?.phase).toBe('Committed');
    expect(await guards()).toEqual([]);
  });
});

describe('two transactions that want the same name', () => {
  test('take turns: the younger waits for the older, and finds the name taken', async () => {
    const { admin } = cluster;
    const before = await refusals();
    const older = await hold(admin, namespace, [{ type: 'Create', name: 'wanted', content: content({ by: 'older' }) }]);
    const younger = await draft(admin, namespace, [{ type: 'Create', name: 'wanted', content: content({ by: 'younger' }) }]);
    await seal(admin, younger);
    await eventually(
      'the younger has been refused',
      async () => (await counted('janus_webhook_decisions_total', 'rule="grant-over-name"', 'allowed="false"')) > 0,
    );
    expect((await older.release()).status?.phase).toBe('Committed');
    expect((await ended(admin, younger)).status?.phase).toBe('RolledBack');
    expect((await admin.get(configMap(namespace, 'wanted')))['data']).toEqual({ by: 'older' });
    expect(await refusals()).toBeGreaterThanOrEqual(before);
  });

  test('both get through where the older deletes and the younger creates', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'passed-on', { by: 'owner' });
    const older = await hold(admin, namespace, [{ type: 'Delete', name: 'passed-on', order: 0 }]);
    await eventually('it is deleted', async () => (await find(admin, configMap(namespace, 'passed-on'))) === undefined);
    const younger = await draft(admin, namespace, [{ type: 'Create', name: 'passed-on', content: content({ by: 'younger' }) }]);
    await seal(admin, younger);
    expect((await older.release()).status?.phase).toBe('Committed');
    expect((await ended(admin, younger)).status?.phase).toBe('Committed');
    expect((await admin.get(configMap(namespace, 'passed-on')))['data']).toEqual({ by: 'younger' });
  });
});

/** A kind whose scale subresource writes `spec.count`. */
async function defineStacks(): Promise<void> {
  const { group, kind, resource } = STACKS;
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const properties = { spec: { type: 'object', properties: { count: { type: 'integer' }, colour: { type: 'string' } } }, status: open };
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    subresources: { status: {}, scale: { specReplicasPath: '.spec.count', statusReplicasPath: '.status.count' } },
    schema: { openAPIV3Schema: { type: 'object', properties } },
  };
  const name = `${resource}.${group}`;
  await cluster.admin.create(
    { kind: CUSTOM_RESOURCE_DEFINITIONS, name },
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind, plural: resource, singular: 'stack', listKind: 'StackList' },
        versions: [version],
      },
    },
  );
  await eventually('stacks are served', () =>
    cluster.admin.list(STACKS, { namespace }).then(
      () => true,
      (error: unknown) => {
        if (isApiError(error, 404, 429, 503)) return false;
        throw error;
      },
    ),
  );
}
