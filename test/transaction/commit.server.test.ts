import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isApiError } from '../../src/kube/errors.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import {
  configMap,
  draft,
  ended,
  find,
  inPhase,
  makeConfigMap,
  makeNamespace,
  makeServiceAccount,
  plain,
  refOf,
  seal,
  transact,
} from '../janus/transacting.ts';

let cluster: Cluster;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

describe('a transaction that commits', () => {
  test('makes every change, in several namespaces, and takes every lock off', async () => {
    const { admin } = cluster;
    const other = await makeNamespace(admin);
    await makeConfigMap(admin, namespace, 'patched', { a: '1', b: '1' });
    await makeConfigMap(admin, other, 'updated', { a: '1', b: '1' });
    await makeConfigMap(admin, other, 'deleted', { a: '1' });
    const done = await transact(admin, namespace, [
      { type: 'Patch', name: 'patched', content: { data: { a: '2' } } },
      {
        type: 'Update',
        name: 'updated',
        namespace: other,
        content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'updated' }, data: { a: '2' } },
      },
      { type: 'Delete', name: 'deleted', namespace: other },
      {
        type: 'Create',
        name: 'created',
        content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'created' }, data: { a: '2' } },
      },
    ]);
    expect(done.status).toMatchObject({ phase: 'Committed', itemsTotal: 4, itemsCommitted: 4, holder: 'admin' });
    const [patched, updated, deleted, created] = await Promise.all([
      admin.get(configMap(namespace, 'patched')),
      admin.get(configMap(other, 'updated')),
      find(admin, configMap(other, 'deleted')),
      admin.get(configMap(namespace, 'created')),
    ]);
    expect(patched['data']).toEqual({ a: '2', b: '1' });
    expect(updated['data']).toEqual({ a: '2' });
    expect(deleted).toBeUndefined();
    expect(created['data']).toEqual({ a: '2' });
    for (const object of [patched, updated, created]) {
      expect(object.metadata.labels).toBeUndefined();
      expect(object.metadata.managedFields?.some((entry) => entry.manager === 'janus-lock')).toBe(false);
    }
  });

  test('without changes is committed at once', async () => {
    expect((await transact(cluster.admin, namespace, [])).status).toMatchObject({ phase: 'Committed', itemsTotal: 0 });
  });

  test('makes two changes to one object one after the other, and loses neither', async () => {
    await makeConfigMap(cluster.admin, namespace, 'twice', { a: '1' });
    const done = await transact(cluster.admin, namespace, [
      { type: 'Patch', name: 'twice', content: { data: { a: '2' } } },
      { type: 'Patch', name: 'twice', content: { data: { b: '2' } }, order: 1 },
    ]);
    expect(done.status?.phase).toBe('Committed');
    expect((await cluster.admin.get(configMap(namespace, 'twice')))['data']).toEqual({ a: '2', b: '2' });
  });

  test('replaces an object by Delete and Create of the same name', async () => {
    const before = await makeConfigMap(cluster.admin, namespace, 'anew', { a: '1' });
    const done = await transact(cluster.admin, namespace, [
      { type: 'Delete', name: 'anew' },
      {
        type: 'Create',
        name: 'anew',
        content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'anew' }, data: { b: '2' } },
        order: 1,
      },
    ]);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    const after = await cluster.admin.get(configMap(namespace, 'anew'));
    expect(after['data']).toEqual({ b: '2' });
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
  });

  test('adopts with Create what is there already', async () => {
    await makeConfigMap(cluster.admin, namespace, 'there', { a: '1', b: '1' });
    const done = await transact(cluster.admin, namespace, [
      { type: 'Create', name: 'there', content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'there' }, data: { a: '2' } } },
    ]);
    expect(done.status?.phase).toBe('Committed');
    expect((await cluster.admin.get(configMap(namespace, 'there')))['data']).toEqual({ a: '2', b: '1' });
  });

  test('takes a Delete of what is gone already for done', async () => {
    expect((await transact(cluster.admin, namespace, [{ type: 'Delete', name: 'never-was' }])).status?.phase).toBe('Committed');
  });

  test('whose first change creates the namespace that its second needs', async () => {
    const name = `${namespace}-made`;
    const done = await transact(cluster.admin, namespace, [
      { type: 'Create', kind: 'Namespace', name, content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } },
      {
        type: 'Create',
        name: 'inside',
        namespace: name,
        content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'inside' }, data: { a: '1' } },
        order: 1,
      },
    ]);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    expect((await cluster.admin.get(configMap(name, 'inside')))['data']).toEqual({ a: '1' });
  });

  test('whose first change creates the kind that its second needs', async () => {
    const group = `${namespace}.example.com`;
    const schema = { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } };
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `widgets.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    };
    const done = await transact(cluster.admin, namespace, [
      { type: 'Create', apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: crd.metadata.name, content: crd },
      {
        type: 'Create',
        apiVersion: `${group}/v1`,
        kind: 'Widget',
        name: 'first',
        content: { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'first' }, spec: { size: 3 } },
        order: 1,
      },
    ]);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
    const ref = { kind: { group, version: 'v1', kind: 'Widget', resource: 'widgets', namespaced: true }, namespace, name: 'first' };
    expect((await cluster.admin.get(ref))['spec']).toEqual({ size: 3 });
  });
});

describe('a transaction that cannot be done', () => {
  test('for a change that is forbidden is rolled back with nothing ever touched', async () => {
    const { admin } = cluster;
    await makeServiceAccount(admin, namespace, 'nobody');
    const before = await makeConfigMap(admin, namespace, 'untouched', { a: '1' });
    const done = await transact(admin, namespace, [{ type: 'Patch', name: 'untouched', content: { data: { a: '2' } } }], {
      serviceAccountName: 'nobody',
    });
    expect(done.status?.phase).toBe('RolledBack');
    expect(done.status?.items?.[0]?.error).toContain('not allowed to nobody');
    expect(await admin.get(configMap(namespace, 'untouched'))).toEqual(before);
  });

  test('without its ServiceAccount fails and says which', async () => {
    const done = await transact(cluster.admin, namespace, [{ type: 'Delete', name: 'x' }], { serviceAccountName: 'missing' });
    expect(done.status?.phase).toBe('Failed');
    expect(done.status?.conditions?.find(({ type }) => type === 'Failed')).toMatchObject({ status: 'True', reason: 'TransactionFailed' });
    expect(done.status?.conditions?.find(({ type }) => type === 'Failed')?.message).toContain(
      `ServiceAccount "missing" not found in namespace "${namespace}"`,
    );
  });

  test('names every fault of every change at once', async () => {
    const done = await transact(cluster.admin, namespace, [
      { type: 'Patch', name: 'not-there', content: { data: { a: '2' } } },
      { type: 'Patch', kind: 'Deploymnt', apiVersion: 'apps/v1', name: 'x', content: { spec: {} } },
    ]);
    expect(done.status?.phase).toBe('RolledBack');
    expect(done.status?.conditions?.find(({ type }) => type === 'Ready')?.message).toContain('Deployment');
  });

  test('when the second of two Services takes the port of the first undoes the first', async () => {
    const service = (name: string): Record<string, unknown> => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 31717 }] },
    });
    const before = await makeConfigMap(cluster.admin, namespace, 'beside', { a: '1' });
    const done = await transact(cluster.admin, namespace, [
      { type: 'Patch', name: 'beside', content: { data: { a: '2' } } },
      { type: 'Create', kind: 'Service', name: 'one', content: service('one') },
      { type: 'Create', kind: 'Service', name: 'two', content: service('two'), order: 1 },
    ]);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('RolledBack');
    expect(done.status?.conditions?.find(({ type }) => type === 'Exact')?.status).toBe('True');
    const services = { group: '', version: 'v1', kind: 'Service', resource: 'services', namespaced: true };
    expect(await find(cluster.admin, { kind: services, namespace, name: 'one' })).toBeUndefined();
    expect(plain(await cluster.admin.get(configMap(namespace, 'beside')))).toEqual(plain(before));
  });
});

describe('a sealed transaction', () => {
  test('of which the sealer may not use the ServiceAccount is refused at sealing', async () => {
    const { admin } = cluster;
    const transaction = await draft(admin, namespace, []);
    const mallory = { user: `system:serviceaccount:${namespace}:nobody` };
    await admin.create(
      {
        kind: {
          group: 'rbac.authorization.k8s.io',
          version: 'v1',
          kind: 'ClusterRoleBinding',
          resource: 'clusterrolebindings',
          namespaced: false,
        },
        name: `m-${namespace}`,
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: `m-${namespace}` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ kind: 'ServiceAccount', name: 'nobody', namespace }],
      },
    );
    await expect(seal(admin, transaction, mallory)).rejects.toSatisfy((error) => isApiError(error, 403));
    await seal(admin, transaction);
    expect((await ended(admin, transaction)).status?.phase).toBe('Committed');
    await inPhase(admin, transaction, 'Committed');
    expect(refOf(transaction).namespace).toBe(namespace);
  });
});
