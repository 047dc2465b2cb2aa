import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { clusterConfigFromToken, loadClusterConfig } from '../../src/kube/config.ts';
import { isApiError, retryAfterMs } from '../../src/kube/errors.ts';
import { kstatusOf } from '../../src/kube/kstatus.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../src/kube/object.ts';
import { createRestClient } from '../../src/kube/rest-client.ts';
import { createTransport } from '../../src/kube/transport.ts';
import type { Transport } from '../../src/kube/transport.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES } from '../../src/kube/well-known.ts';
import { startControlPlane } from '../control-plane/start.ts';
import type { ControlPlane } from '../control-plane/start.ts';
import { until } from './until.ts';

const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const DEPLOYMENTS: ResourceKind = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true };

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

let plane: ControlPlane;
let transport: Transport;
let client: KubeClient;
beforeAll(async () => {
  plane = await startControlPlane({ log: () => undefined });
  transport = createTransport(await loadClusterConfig({ kubeconfig: plane.kubeconfig }));
  client = createRestClient(transport);
});
afterAll(async () => {
  await transport?.close();
  await plane?.stop();
});

let count = 0;
function named(prefix = 'one'): ObjectRef {
  count += 1;
  return { kind: CONFIG_MAPS, namespace: 'default', name: `${prefix}-${count}` };
}

function configMap(ref: ObjectRef, data: Readonly<Record<string, string>> = {}, metadata: KubeObject['metadata'] = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: ref.name, namespace: 'default', ...metadata }, data };
}

async function created(data: Readonly<Record<string, string>> = { a: '1', b: '2' }): Promise<{ ref: ObjectRef; object: ConfigMap }> {
  const ref = named();
  const { object } = await client.create<ConfigMap>(ref, configMap(ref, data));
  return { ref, object };
}

describe('writing to an API server', () => {
  test('create, get, update and delete do what they say', async () => {
    const ref = named();
    const { object, created: isNew } = await client.create<ConfigMap>(ref, configMap(ref, { a: '1' }));
    expect(isNew).toBe(true);
    expect(await client.get(ref)).toEqual(object);
    const updated = await client.update<ConfigMap>(ref, { ...object, data: { a: '2' } });
    expect(updated).toMatchObject({ created: false, object: { data: { a: '2' } } });
    await client.delete(ref);
    await expect(client.get(ref)).rejects.toMatchObject({ code: 404, reason: 'NotFound' });
  });

  test('an object that is there already, or that somebody else has changed, is a conflict', async () => {
    const { ref, object } = await created();
    await expect(client.create(ref, configMap(ref))).rejects.toMatchObject({ code: 409, reason: 'AlreadyExists' });
    await client.update(ref, { ...object, data: { a: 'theirs' } });
    await expect(client.update(ref, { ...object, data: { a: 'ours' } })).rejects.toMatchObject({ code: 409, reason: 'Conflict' });
  });

  test('a JSON patch whose test fails changes nothing', async () => {
    const { ref } = await created({ a: '1' });
    const guarded = (expected: string) =>
      client.patch<ConfigMap>(ref, {
        type: 'json',
        operations: [
          { op: 'test', path: '/data/a', value: expected },
          { op: 'add', path: '/data/b', value: 'new' },
          { op: 'remove', path: '/data/a' },
        ],
      });
    await expect(guarded('9')).rejects.toMatchObject({ code: 422 });
    expect((await client.get<ConfigMap>(ref)).data).toEqual({ a: '1' });
    expect((await guarded('1')).object.data).toEqual({ b: 'new' });
  });

  test('a merge patch removes with null', async () => {
    const { ref } = await created({ a: '1', b: '2' });
    const { object } = await client.patch<ConfigMap>(ref, { type: 'merge', patch: { data: { a: null, c: '3' } } });
    expect(object.data).toEqual({ b: '2', c: '3' });
  });

  test('a strategic merge patch merges lists by their key', async () => {
    const ref: ObjectRef = { kind: DEPLOYMENTS, namespace: 'default', name: 'strategic' };
    await client.create(
      ref,
      deployment('strategic', 0, [
        { name: 'a', image: 'a:1' },
        { name: 'b', image: 'b:1' },
      ]),
    );
    const { object } = await client.patch(ref, {
      type: 'strategic',
      patch: { spec: { template: { spec: { containers: [{ name: 'b', image: 'b:2' }] } } } },
    });
    const { containers } = (object as unknown as { spec: { template: { spec: { containers: { name: string; image: string }[] } } } }).spec
      .template.spec;
    expect(Object.fromEntries(containers.map(({ name, image }) => [name, image]))).toEqual({ a: 'a:1', b: 'b:2' });
  });

  test('apply creates, then changes only what its manager owns, and says who owns the rest', async () => {
    const ref = named('applied');
    const first = await client.apply<ConfigMap>(ref, configMap(ref, { a: '1' }), { fieldManager: 'one' });
    expect(first.created).toBe(true);
    const second = await client.apply<ConfigMap>(ref, configMap(ref, { b: '2' }), { fieldManager: 'two' });
    expect(second).toMatchObject({ created: false, object: { data: { a: '1', b: '2' } } });
    const error: unknown = await client
      .apply(ref, configMap(ref, { a: 'other' }), { fieldManager: 'two' })
      .catch((reason: unknown) => reason);
    expect(isApiError(error, 409)).toBe(true);
    expect(String(error)).toContain('one');
    const forced = await client.apply<ConfigMap>(ref, configMap(ref, { a: 'other', b: '2' }), { fieldManager: 'two', force: true });
    expect(forced.object.data).toEqual({ a: 'other', b: '2' });
    expect(forced.object.metadata.managedFields?.map(({ manager, operation }) => `${operation} ${manager}`)).toContain('Apply two');
  });

  test('apply with a uid changes that object, and creates none in its place', async () => {
    const { ref, object } = await created();
    const withUid = configMap(ref, { a: '3' }, { uid: object.metadata.uid ?? '' });
    expect((await client.apply(ref, withUid, { fieldManager: 'one', force: true })).object.metadata.uid).toBe(object.metadata.uid);
    await client.delete(ref);
    await expect(client.apply(ref, withUid, { fieldManager: 'one', force: true })).rejects.toMatchObject({ code: 409 });
  });

  test('a dry run answers as if it was written, and writes nothing', async () => {
    const { ref, object } = await created({ a: '1' });
    const dryRun = { dryRun: true, fieldManager: 'dry', force: true };
    expect((await client.apply<ConfigMap>(ref, configMap(ref, { a: '2' }), dryRun)).object.data).toMatchObject({ a: '2' });
    expect(
      (await client.patch<ConfigMap>(ref, { type: 'merge', patch: { data: { a: '3' } } }, { dryRun: true })).object.data,
    ).toMatchObject({ a: '3' });
    expect((await client.update<ConfigMap>(ref, { ...object, data: { a: '4' } }, { dryRun: true })).object.data).toEqual({ a: '4' });
    await client.delete(ref, { dryRun: true });
    expect(await client.get(ref)).toEqual(object);
    const other = named('dry');
    expect((await client.create(other, configMap(other), { dryRun: true })).created).toBe(true);
    await expect(client.get(other)).rejects.toMatchObject({ code: 404 });
  });

  test('a delete whose preconditions do not hold deletes nothing', async () => {
    const { ref, object } = await created();
    const { uid = '', resourceVersion = '' } = object.metadata;
    const other = '00000000-0000-0000-0000-000000000000';
    await expect(client.delete(ref, { preconditions: { uid: other } })).rejects.toMatchObject({ code: 409 });
    await expect(client.delete(ref, { preconditions: { uid, resourceVersion: '1' } })).rejects.toMatchObject({ code: 409 });
    expect((await client.get(ref)).metadata.uid).toBe(uid);
    await client.delete(ref, { preconditions: { uid, resourceVersion } });
    await expect(client.get(ref)).rejects.toMatchObject({ code: 404 });
  });

  test('a delete of what has a finalizer answers with the object, which is still there', async () => {
    const ref = named('held');
    await client.create(ref, configMap(ref, {}, { finalizers: ['example.test/hold'] }));
    const deleted = await client.delete(ref);
    expect(deleted?.metadata.deletionTimestamp).toBeDefined();
    expect(kstatusOf(await client.get(ref))).toMatchObject({ status: 'Terminating' });
    await client.patch(ref, { type: 'json', operations: [{ op: 'remove', path: '/metadata/finalizers' }] });
    await expect(client.get(ref)).rejects.toMatchObject({ code: 404 });
  });

  test('a field that does not exist is a warning or an error, as asked', async () => {
    const ref = named('strange');
    const strange = { ...configMap(ref), daata: {} };
    expect((await client.create(ref, strange, { dryRun: true, fieldValidation: 'Warn' })).warnings).toEqual(['unknown field "daata"']);
    await expect(client.create(ref, strange, { dryRun: true, fieldValidation: 'Strict' })).rejects.toMatchObject({ code: 400 });
    expect((await client.create(ref, strange, { dryRun: true, fieldValidation: 'Ignore' })).warnings).toEqual([]);
  });

  test('a subresource is written by itself', async () => {
    const ref: ObjectRef = { kind: DEPLOYMENTS, namespace: 'default', name: 'with-status' };
    await client.create(ref, deployment('with-status', 0, [{ name: 'a', image: 'a:1' }]));
    const scaled = await client.patch(ref, { type: 'merge', patch: { spec: { replicas: 2 } } }, { subresource: 'scale', dryRun: true });
    expect(scaled.object).toMatchObject({ kind: 'Scale', spec: { replicas: 2 } });
  });
});

describe('reading from an API server', () => {
  test('a list is complete, whatever the size of its pages, and its items have a kind', async () => {
    const names = [...Array(23).keys()].map((i) => `page-${String(i).padStart(2, '0')}`);
    await Promise.all(
      names.map((name) =>
        client.create(
          { kind: CONFIG_MAPS, namespace: 'default', name },
          configMap({ kind: CONFIG_MAPS, name }, {}, { labels: { paged: 'yes' } }),
        ),
      ),
    );
    for (const limit of [1, 7, 23, 500]) {
      const { items } = await client.list(CONFIG_MAPS, { namespace: 'default', labelSelector: 'paged=yes', limit });
      expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(names);
      expect(new Set(items.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))).toEqual(new Set(['v1 ConfigMap']));
    }
    const [one] = (await client.list(CONFIG_MAPS, { namespace: 'default', fieldSelector: 'metadata.name=page-07' })).items;
    expect(one?.metadata.name).toBe('page-07');
  });

  test('a list of all namespaces has objects of several', async () => {
    const namespaces = new Set((await client.list(CONFIG_MAPS)).items.map(({ metadata }) => metadata.namespace));
    expect(namespaces.size).toBeGreaterThan(1);
  });

  test('cluster-scoped objects are read by their name', async () => {
    expect((await client.get({ kind: NAMESPACES, name: 'kube-system' })).metadata.name).toBe('kube-system');
  });

  test('anything else is read raw', async () => {
    expect(await client.raw<{ gitVersion: string }>('GET', '/version')).toMatchObject({
      gitVersion: expect.stringMatching(/^v1\./) as string,
    });
    await expect(client.raw('GET', '/apis/nowhere.test/v1')).rejects.toMatchObject({ code: 404 });
  });

  test('a stream of a watch carries what happens', async () => {
    const { metadata } = await client.list(CONFIG_MAPS, { namespace: 'default' });
    const path = `/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=${metadata.resourceVersion ?? ''}`;
    const { status, body } = await transport.stream({
      method: 'GET',
      path,
      label: { verb: 'watch', resource: 'configmaps', dryRun: false },
    });
    expect(status).toBe(200);
    const { ref } = await created();
    let text = '';
    body.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until('the new object is told', () => text.includes(ref.name));
    body.destroy();
  });
});

describe('acting as somebody else', () => {
  const ALICE = {
    user: 'alice',
    uid: 'uid-7',
    groups: ['team-a', 'team b'],
    extra: { 'tx.janus.io/grant': ['one', 'two'], 'Mixed.Case/Key': ['ü'] },
  };

  test('the server sees user, uid, groups and extras as they were given', async () => {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const { status } = await client.raw<{
      status: { userInfo: { username: string; uid: string; groups: string[]; extra: Record<string, string[]> } };
    }>('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', review, { as: ALICE });
    expect(status.userInfo).toMatchObject({
      username: 'alice',
      uid: 'uid-7',
      groups: expect.arrayContaining(['team-a', 'team b']) as string[],
    });
    expect(status.userInfo.extra).toEqual(ALICE.extra);
  });

  test('what they may not do is refused', async () => {
    const { ref } = await created();
    const as = { user: 'alice' };
    await expect(client.get(ref, { as })).rejects.toMatchObject({ code: 403, reason: 'Forbidden' });
    await expect(client.patch(ref, { type: 'merge', patch: {} }, { as })).rejects.toMatchObject({ code: 403 });
  });

  test('a refusal in which the server quotes a grant does not carry it into the error', async () => {
    const { ref } = await created();
    await allowImpersonation();
    const token = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJqYW51cyJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ';
    const issued = await client.raw<{ status: { token: string } }>('POST', '/api/v1/namespaces/default/serviceaccounts/default/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {},
    });
    let answered = '';
    const weak = createTransport(
      clusterConfigFromToken({ server: plane.server, ca: plane.ca, token: () => Promise.resolve(issued.status.token) }),
      {
        intercept: async (request, send) => {
          const response = await send(request);
          answered = response.body;
          return response;
        },
      },
    );
    const as = { user: 'system:serviceaccount:default:default', extra: { 'tx.janus.io/grant': [token] } };
    const error: unknown = await createRestClient(weak)
      .get(ref, { as })
      .catch((reason: unknown) => reason);
    await weak.close();
    expect(isApiError(error, 403)).toBe(true);
    expect(answered).toContain(token);
    expect(JSON.stringify(error) + String(error)).not.toContain('c2lnbmF0dXJl');
    expect(String(error)).toContain('[redacted]');
  });
});

/** Lets the default ServiceAccount act as any other, but not hand on extras. */
async function allowImpersonation(): Promise<void> {
  const rbac = (resource: string, kind: string): ResourceKind => ({
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    kind,
    resource,
    namespaced: false,
  });
  const metadata = { name: 'impersonate-without-extras' };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  await client.create(
    { kind: rbac('clusterroles', 'ClusterRole'), name: metadata.name },
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata,
      rules: [{ apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] }],
    },
  );
  await client.create(
    { kind: rbac('clusterrolebindings', 'ClusterRoleBinding'), name: metadata.name },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
    },
  );
}

describe('many requests', () => {
  test('200 at once are all answered', async () => {
    const { ref, object } = await created();
    const answers = await Promise.all(Array.from({ length: 200 }, () => client.get(ref)));
    expect(answers).toHaveLength(200);
    expect(new Set(answers.map(({ metadata }) => metadata.uid))).toEqual(new Set([object.metadata.uid]));
  });

  test('a server that is gone and back again is reached again', async () => {
    const { ref } = await created();
    await plane.stopApiServer();
    await expect(client.get(ref)).rejects.toMatchObject({ name: 'TransportError' });
    await plane.startApiServer();
    expect((await client.get(ref)).metadata.name).toBe(ref.name);
  });
});

describe('kstatus of what a real cluster writes', () => {
  test('a Deployment without replicas becomes current, one whose Pods no node runs stays in progress', async () => {
    const idle: ObjectRef = { kind: DEPLOYMENTS, namespace: 'default', name: 'idle' };
    const waiting: ObjectRef = { kind: DEPLOYMENTS, namespace: 'default', name: 'waiting' };
    await client.create(idle, deployment('idle', 0, [{ name: 'a', image: 'a:1' }]));
    await client.create(waiting, deployment('waiting', 1, [{ name: 'a', image: 'a:1' }]));
    await until('the controller is done with it', async () => kstatusOf(await client.get(idle)).status === 'Current');
    await until('the controller has made its Pod', async () =>
      kstatusOf(await client.get(waiting)).message.startsWith('available replicas'),
    );
    expect(kstatusOf(await client.get(waiting))).toMatchObject({ status: 'InProgress' });
  });

  test('a CustomResourceDefinition becomes current when its kind is served', async () => {
    const ref: ObjectRef = { kind: CUSTOM_RESOURCE_DEFINITIONS, name: 'widgets.example.test' };
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.test' },
      spec: {
        group: 'example.test',
        names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
        scope: 'Namespaced',
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    };
    await client.create(ref, definition);
    await until('it is served', async () => kstatusOf(await client.get(ref)).status === 'Current');
    const taken: ObjectRef = { kind: CUSTOM_RESOURCE_DEFINITIONS, name: 'wadgets.example.test' };
    await client.create(taken, {
      ...definition,
      metadata: { name: 'wadgets.example.test' },
      spec: { ...definition.spec, names: { ...definition.spec.names, plural: 'wadgets' } },
    });
    await until('its names are refused', async () => kstatusOf(await client.get(taken)).status === 'Failed');
  });
});

test('a request that the server turns away for now says how long to wait', async () => {
  // An eviction that a PodDisruptionBudget does not allow is what every API server answers with 429.
  const pod: ObjectRef = {
    kind: { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true },
    namespace: 'default',
    name: 'kept',
  };
  const budget: ObjectRef = {
    kind: { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget', resource: 'poddisruptionbudgets', namespaced: true },
    namespace: 'default',
    name: 'kept',
  };
  await client.create(budget, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'kept', namespace: 'default' },
    spec: { minAvailable: 1, selector: { matchLabels: { kept: 'yes' } } },
  });
  await client.create(pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'kept', namespace: 'default', labels: { kept: 'yes' } },
    spec: { containers: [{ name: 'a', image: 'a:1' }] },
  });
  await client.patch(
    pod,
    { type: 'merge', patch: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } } },
    { subresource: 'status' },
  );
  await until('the budget is counted', async () => kstatusOf(await client.get(budget)).status === 'Current');
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'kept', namespace: 'default' } };
  const error: unknown = await client
    .raw('POST', '/api/v1/namespaces/default/pods/kept/eviction', eviction)
    .catch((reason: unknown) => reason);
  expect(isApiError(error, 429)).toBe(true);
  const wait = retryAfterMs(error);
  expect(wait === undefined || wait > 0).toBe(true);
});

function deployment(name: string, replicas: number, containers: readonly object[]): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}
