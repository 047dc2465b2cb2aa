import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kube/object.ts';
import { creationLabelFor, LOCK_LABEL, lockLabelFor } from '../../src/lock/label.ts';
import { eventually, startGuardedCluster, type GuardedCluster } from './cluster.ts';

const TX = '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const DENIED = { code: 423, reason: 'Locked', message: 'it is locked' };

let cluster: GuardedCluster;
let names = 0;
const fresh = () => `thing-${++names}`;
const uidOf = (object: KubeObject) => object.metadata.uid ?? '';
const nameOf = (object: KubeObject) => object.metadata.name ?? '';

beforeAll(async () => {
  cluster = await startGuardedCluster();
});

beforeEach(() => {
  cluster.probe.answer = () => undefined;
  cluster.probe.forget();
});

afterAll(async () => {
  await cluster.stop();
});

async function create(path: string, body: Record<string, unknown>, labels?: Record<string, string>): Promise<KubeObject> {
  return cluster.done('POST', path, { body: { ...body, metadata: { name: fresh(), ...(labels === undefined ? {} : { labels }) } } });
}

async function lock(path: string, object: KubeObject): Promise<KubeObject> {
  const labels = { [LOCK_LABEL]: lockLabelFor(TX, 1, uidOf(object)) };
  const locked = await cluster.done('PATCH', `${path}/${nameOf(object)}`, { as: 'merge-patch+json', body: { metadata: { labels } } });
  cluster.probe.forget();
  return locked;
}

const merge = (path: string, body: unknown) => cluster.send('PATCH', path, { as: 'merge-patch+json', body });
const deployment = {
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'a' } },
    template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
};

describe('objects that are not locked cost no call', () => {
  test('whatever is done to an object without labels', async () => {
    const object = await create(CONFIG_MAPS, { data: { a: '1' } });
    await cluster.done('PUT', `${CONFIG_MAPS}/${nameOf(object)}`, { body: { metadata: { name: nameOf(object) }, data: { a: '2' } } });
    await cluster.done('PATCH', `${CONFIG_MAPS}/${nameOf(object)}`, { as: 'merge-patch+json', body: { data: { a: '3' } } });
    await cluster.done('DELETE', `${CONFIG_MAPS}/${nameOf(object)}`);
    await cluster.done('POST', CONFIG_MAPS, { body: { metadata: { generateName: 'any-' } } });
    expect(cluster.probe.seen()).toEqual([]);
  });

  test('nor to one with other labels', async () => {
    const object = await create(CONFIG_MAPS, {}, { app: 'shop' });
    await cluster.done('PATCH', `${CONFIG_MAPS}/${nameOf(object)}`, { as: 'merge-patch+json', body: { data: { a: '3' } } });
    await cluster.done('DELETE', `${CONFIG_MAPS}?labelSelector=app%3Dshop`);
    expect(cluster.probe.seen()).toEqual([]);
  });

  test.each([
    ['a copy of the lock of another object', lockLabelFor(TX, 1, '3f95c800-1111-4222-8333-444455556666')],
    ['a value that no lock has', 'held-by-me'],
    ['an empty value', ''],
    ['a creation label with a digit too many', `${TX}.1.c-123456789`],
  ])('nor to one with %s', async (_, value) => {
    const object = await create(CONFIG_MAPS, {}, { [LOCK_LABEL]: value, test: 'copy' });
    await cluster.done('PATCH', `${CONFIG_MAPS}/${nameOf(object)}`, { as: 'merge-patch+json', body: { data: { a: '3' } } });
    await cluster.done('DELETE', `${CONFIG_MAPS}?labelSelector=test%3Dcopy`);
    await cluster.done('POST', CONFIG_MAPS, { body: { metadata: { generateName: 'copy-', labels: { [LOCK_LABEL]: value } } } });
    expect(cluster.probe.seen()).toEqual([]);
  });

  test('nor do the endpoints and slices into which controllers copy the label of a locked Service', async () => {
    const name = fresh();
    const labels = { [LOCK_LABEL]: creationLabelFor(TX, 1, { group: '', resource: 'services', namespace: 'default', name }) };
    await cluster.done('POST', '/api/v1/namespaces/default/services', {
      body: { metadata: { name, labels }, spec: { selector: { app: 'x' }, ports: [{ port: 80 }] } },
    });
    const slices = `/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D${name}`;
    let copied: string | undefined;
    await eventually('the slice carries the label', async () => {
      const { body } = await cluster.send('GET', slices);
      copied = body.items?.[0]?.metadata.labels?.[LOCK_LABEL];
      return copied !== undefined;
    });
    expect(copied).toBe(labels[LOCK_LABEL]);
    expect(cluster.probe.seen().filter((seen) => !seen.endsWith(' services'))).toEqual([]);
    expect(cluster.probe.seen()).toContain('CREATE services');
  });
});

describe('locked objects', () => {
  test('are asked for at each way to update and delete', async () => {
    const object = await lock(CONFIG_MAPS, await create(CONFIG_MAPS, {}));
    const path = `${CONFIG_MAPS}/${nameOf(object)}`;
    cluster.probe.answer = () => DENIED;
    const ways = [
      merge(path, { data: { a: '1' } }),
      cluster.send('PATCH', path, { as: 'json-patch+json', body: [{ op: 'add', path: '/data', value: { a: '1' } }] }),
      cluster.send('PATCH', `${path}?fieldManager=t&force=true`, {
        as: 'apply-patch+yaml',
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: nameOf(object) }, data: { a: '1' } },
      }),
      cluster.send('PUT', path, { body: { metadata: { name: nameOf(object), labels: object.metadata.labels }, data: { a: '1' } } }),
      cluster.send('DELETE', path),
      cluster.send('DELETE', `${path}?dryRun=All`),
    ];
    for (const { status, body } of await Promise.all(ways)) {
      expect([status, body.reason]).toEqual([423, 'Locked']);
      expect(body.message).toContain('it is locked');
    }
    expect((await cluster.done('GET', path)).metadata.resourceVersion).toBe(object.metadata.resourceVersion);
  });

  test('are asked for one by one in a deletecollection, each without a name in the request', async () => {
    const made = await Promise.all([create(CONFIG_MAPS, {}, { test: 'collection' }), create(CONFIG_MAPS, {}, { test: 'collection' })]);
    const [held] = await Promise.all(made.map((object) => lock(CONFIG_MAPS, object)));
    cluster.probe.answer = () => DENIED;
    expect((await cluster.send('DELETE', `${CONFIG_MAPS}?labelSelector=test%3Dcollection`)).status).toBe(423);
    expect(cluster.probe.seen()).toContain('DELETE configmaps');
    expect(cluster.probe.requests[0]?.name ?? '').toBe('');
    expect((await cluster.send('GET', `${CONFIG_MAPS}/${nameOf(held as KubeObject)}`)).status).toBe(200);
  });

  test('are asked for when the lock is stripped, changed or swapped for a copy', async () => {
    const object = await lock(CONFIG_MAPS, await create(CONFIG_MAPS, {}));
    const path = `${CONFIG_MAPS}/${nameOf(object)}`;
    cluster.probe.answer = () => DENIED;
    expect((await merge(path, { metadata: { labels: null } })).status).toBe(423);
    expect((await merge(path, { metadata: { labels: { [LOCK_LABEL]: null } } })).status).toBe(423);
    expect((await merge(path, { metadata: { labels: { [LOCK_LABEL]: 'not-a-lock' } } })).status).toBe(423);
    expect((await cluster.send('PUT', path, { body: { metadata: { name: nameOf(object) } } })).status).toBe(423);
  });

  test('are asked for when a lock is forged on an object that has none', async () => {
    const object = await create(CONFIG_MAPS, {});
    const path = `${CONFIG_MAPS}/${nameOf(object)}`;
    cluster.probe.answer = () => DENIED;
    expect((await merge(path, { metadata: { labels: { [LOCK_LABEL]: lockLabelFor(TX, 1, uidOf(object)) } } })).status).toBe(423);
    expect(
      (
        await merge(path, {
          metadata: {
            labels: {
              [LOCK_LABEL]: creationLabelFor(TX, 1, { group: '', resource: 'configmaps', namespace: 'default', name: nameOf(object) }),
            },
          },
        })
      ).status,
    ).toBe(423);
    // A PUT need not name the uid: it is the old object's.
    expect(
      (
        await cluster.send('PUT', path, {
          body: { metadata: { name: nameOf(object), labels: { [LOCK_LABEL]: lockLabelFor(TX, 1, uidOf(object)) } } },
        })
      ).status,
    ).toBe(423);
  });

  test('are asked for when they are created with a creation label, named or not, by POST or by apply', async () => {
    const labels = { [LOCK_LABEL]: `${TX}.1.c-12345678` };
    cluster.probe.answer = () => DENIED;
    expect((await cluster.send('POST', CONFIG_MAPS, { body: { metadata: { name: fresh(), labels } } })).status).toBe(423);
    expect((await cluster.send('POST', CONFIG_MAPS, { body: { metadata: { generateName: 'x-', labels } } })).status).toBe(423);
    const name = fresh();
    const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } };
    expect((await cluster.send('PATCH', `${CONFIG_MAPS}/${name}?fieldManager=t`, { as: 'apply-patch+yaml', body: applied })).status).toBe(
      423,
    );
    expect(cluster.probe.seen()).toEqual(['CREATE configmaps', 'CREATE configmaps', 'CREATE configmaps']);
  });

  test('are asked for when a Binding would put a lock on a Pod, whatever its value, and not when it has other labels', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    const spec = { schedulerName: 'nobody', automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] };
    await eventually(
      'Pods can be made',
      async () => (await cluster.send('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200,
    );
    const pod = await create(pods, { spec });
    await create('/api/v1/nodes', {});
    const binding = (labels: object): object => ({
      metadata: { name: nameOf(pod), labels },
      target: { kind: 'Node', name: `thing-${String(names)}` },
    });
    cluster.probe.answer = () => DENIED;
    for (const value of [lockLabelFor(TX, 1, uidOf(pod)), 'not-a-lock'])
      for (const path of [`${pods}/${nameOf(pod)}/binding`, '/api/v1/namespaces/default/bindings'])
        expect((await cluster.send('POST', path, { body: binding({ [LOCK_LABEL]: value }) })).status, path).toBe(423);
    cluster.probe.forget();
    expect((await cluster.send('POST', `${pods}/${nameOf(pod)}/binding`, { body: binding({ app: 'x' }) })).status).toBe(201);
    expect(cluster.probe.seen()).toEqual([]);
    const bound = await cluster.done('GET', `${pods}/${nameOf(pod)}`);
    expect(bound.metadata.labels).not.toHaveProperty(LOCK_LABEL);
  });

  test('are asked for at their status, and not at their scale, which carries no labels', async () => {
    const object = await lock(DEPLOYMENTS, await create(DEPLOYMENTS, deployment));
    const path = `${DEPLOYMENTS}/${nameOf(object)}`;
    cluster.probe.answer = ({ subResource }) => (subResource === 'status' ? undefined : DENIED);
    expect((await merge(`${path}/status`, { status: { observedGeneration: 1 } })).status).toBe(200);
    expect(cluster.probe.seen()).toContain('UPDATE deployments/status');
    cluster.probe.forget();
    expect((await merge(`${path}/scale`, { spec: { replicas: 0 } })).status).toBe(200);
    expect(cluster.probe.seen()).not.toContain('UPDATE deployments/scale');
  });

  test('are asked for where they are cluster-scoped', async () => {
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
    const object = await lock(roles, await create(roles, { rules: [] }));
    cluster.probe.answer = () => DENIED;
    expect((await merge(`${roles}/${nameOf(object)}`, { metadata: { annotations: { a: 'b' } } })).status).toBe(423);
    expect((await cluster.send('DELETE', `${roles}/${nameOf(object)}`)).status).toBe(423);
  });

  test('are asked for where they are Namespaces, whose reviews name the namespace itself', async () => {
    const object = await lock('/api/v1/namespaces', await create('/api/v1/namespaces', {}));
    cluster.probe.answer = () => DENIED;
    expect((await cluster.send('DELETE', `/api/v1/namespaces/${nameOf(object)}`)).status).toBe(423);
    expect(cluster.probe.requests[0]).toMatchObject({ operation: 'DELETE', name: nameOf(object), namespace: nameOf(object) });
  });
});

describe('custom resources', () => {
  const things = '/apis/example.com/v1/namespaces/default/things';
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    subresources: { status: {} },
    schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  };
  const definition = {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [version],
    },
  };
  const thing = { apiVersion: 'example.com/v1', kind: 'Thing' };

  beforeAll(async () => {
    await cluster.done('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: definition });
    await eventually('things are served', async () => (await cluster.send('GET', things)).status === 200);
  });

  test('without a lock cost no call', async () => {
    const object = await create(things, thing);
    expect((await merge(`${things}/${nameOf(object)}`, { spec: { a: 1 } })).status).toBe(200);
    expect((await merge(`${things}/${nameOf(object)}/status`, { status: { a: 1 } })).status).toBe(200);
    await cluster.done('DELETE', `${things}/${nameOf(object)}`);
    await cluster.done('DELETE', things);
    // The locked Deployment of the test before this one has a controller, which goes on to write its status.
    expect(cluster.probe.seen().filter((seen) => seen.includes(' things'))).toEqual([]);
  });

  test('with a lock are asked for at update, status, delete and deletecollection', async () => {
    const object = await lock(things, await create(things, thing));
    cluster.probe.answer = () => DENIED;
    expect((await merge(`${things}/${nameOf(object)}`, { spec: { a: 1 } })).status).toBe(423);
    expect((await merge(`${things}/${nameOf(object)}/status`, { status: { a: 1 } })).status).toBe(423);
    expect((await cluster.send('DELETE', `${things}/${nameOf(object)}`)).status).toBe(423);
    expect((await cluster.send('DELETE', things)).status).toBe(423);
  });
});

describe('with the webhook down', () => {
  test('locked objects are frozen and nobody else notices', async () => {
    const held = await lock(CONFIG_MAPS, await create(CONFIG_MAPS, {}));
    const free = await create(CONFIG_MAPS, {}, { [LOCK_LABEL]: lockLabelFor(TX, 1, uidOf(held)) });
    await cluster.probe.stop();
    expect((await merge(`${CONFIG_MAPS}/${nameOf(held)}`, { data: { a: '1' } })).status).toBe(500);
    expect((await merge(`${CONFIG_MAPS}/${nameOf(free)}`, { data: { a: '1' } })).status).toBe(200);
    await cluster.done('POST', CONFIG_MAPS, { body: { metadata: { generateName: 'free-' } } });
  });
});
