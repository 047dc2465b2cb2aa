import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { loadClusterConfig } from '../../../src/kube/config.ts';
import type { KubeObject, ResourceKind } from '../../../src/kube/object.ts';
import { createRestClient } from '../../../src/kube/rest-client.ts';
import { createTransport, type Transport } from '../../../src/kube/transport.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../../../src/kube/well-known.ts';
import { fingerprint } from '../../../src/lock/fields/fingerprint.ts';
import { normalizeContent } from '../../../src/lock/fields/normalize.ts';
import { memberPaths } from '../../../src/lock/fields/set.ts';
import { touchedFields } from '../../../src/lock/fields/touched-fields.ts';
import { LOCK_LABEL } from '../../../src/lock/label.ts';
import { startControlPlane, type ControlPlane } from '../../control-plane/start.ts';
import { deployment, widget, WIDGETS } from './fixtures.ts';
import { entryOf, exactly, Story, withoutLock } from './rollback-story.ts';

const CONFIG_MAP: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const SECRET: ResourceKind = { group: '', version: 'v1', kind: 'Secret', resource: 'secrets', namespaced: true };
const SERVICE: ResourceKind = { group: '', version: 'v1', kind: 'Service', resource: 'services', namespaced: true };
const DEPLOYMENT: ResourceKind = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true };
const AUTOSCALER: ResourceKind = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  namespaced: true,
};
const WIDGET: ResourceKind = { group: 'example.com', version: 'v1', kind: 'Widget', resource: 'widgets', namespaced: true };

let plane: ControlPlane | undefined;
let transport: Transport | undefined;
let client: KubeClient;

beforeAll(async () => {
  plane = await startControlPlane({ controllers: 'optional', controllerManagerFlags: ['--controllers=serviceaccount-controller'] });
  transport = createTransport(await loadClusterConfig({ kubeconfig: plane.kubeconfig }));
  client = createRestClient(transport);
  await client.create({ kind: CUSTOM_RESOURCE_DEFINITIONS, name: WIDGETS.metadata.name ?? '' }, WIDGETS);
  await until(async () => {
    const crd = await client.get({ kind: CUSTOM_RESOURCE_DEFINITIONS, name: WIDGETS.metadata.name ?? '' });
    const { conditions = [] } = (crd['status'] ?? {}) as { conditions?: readonly { type: string; status: string }[] };
    return conditions.some(({ type, status }) => type === 'Established' && status === 'True');
  });
  await until(() =>
    client.list(WIDGET).then(
      () => true,
      () => false,
    ),
  );
});

afterAll(async () => {
  await transport?.close();
  await plane?.stop();
});

describe('a rollback on a real server', () => {
  test.each(['alone', 'among others'])('puts a ConfigMap back, with its owners (%s)', async (company) => {
    const story = new Story(client, CONFIG_MAP, `settings-${company.slice(0, 5)}`);
    await story.apply('flux', { data: { a: '1', b: '<&>', 'a.b': 'x' }, metadata: { labels: { app: 'shop' } } });
    await story.apply('hpa', { data: { c: '3', b: '<&>' } });
    await story.merge('kubectl', { data: { d: '4' }, metadata: { annotations: { 'example.com/note': 'mine' } } });
    await rollsBack(
      story,
      {
        data: { a: '2', b: 'other', n: 'new', c: '3', 'a.b': 'y' },
        metadata: { labels: { team: 'x' }, annotations: { 'example.com/note': 'ours', more: '1' } },
      },
      company === 'alone' ? undefined : () => story.merge('kubectl', { data: { e: '5' }, metadata: { annotations: { other: 'theirs' } } }),
    );
  });

  test('puts back a ConfigMap that had no labels, annotations or data', async () => {
    const story = new Story(client, CONFIG_MAP, 'empty');
    await story.create('kubectl', {});
    await rollsBack(story, { data: { a: '1' }, binaryData: { b: 'AAAA' }, metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } });
  });

  test.each(['alone', 'among others'])('puts a Deployment back, with its owners and the order of its lists (%s)', async (company) => {
    const story = new Story(client, DEPLOYMENT, `web-${company.slice(0, 5)}`);
    await story.apply('flux', deployment());
    await story.merge('hpa', { spec: { replicas: 3 } }, 'scale');
    await story.merge('kubectl', {
      metadata: { annotations: { restarted: 'yes' } },
      spec: { template: { metadata: { annotations: { at: 'noon' } } } },
    });
    const change = {
      spec: {
        replicas: 5,
        template: {
          metadata: { annotations: { at: 'midnight' } },
          spec: {
            securityContext: { runAsUser: 7 },
            containers: [
              { name: 'added', image: 'added:1', ports: [{ containerPort: 1 }] },
              {
                name: 'app',
                image: 'app:2',
                env: [
                  { name: 'NEW', value: 'n' },
                  { name: 'C', value: '3' },
                  { name: 'A', value: 'changed' },
                ],
                ports: [
                  { containerPort: 53, protocol: 'UDP', name: 'dns-udp' },
                  { containerPort: 53, name: 'renamed' },
                ],
                command: ['other'],
                resources: { limits: { cpu: '2' }, requests: { cpu: '1' } },
              },
            ],
          },
        },
      },
    };
    await rollsBack(
      story,
      change,
      company === 'alone'
        ? undefined
        : () =>
            story.apply('sidecar-injector', {
              spec: {
                template: {
                  spec: {
                    containers: [
                      { name: 'sidecar', image: 'side:1' },
                      { name: 'app', env: [{ name: 'SIDE', value: 's' }] },
                    ],
                  },
                },
              },
            }),
    );
  });

  test('puts a Service back whose type had changed, with what the server allocates for it', async () => {
    const story = new Story(client, SERVICE, 'web');
    await story.apply('flux', { spec: { selector: { app: 'web' }, ports: [{ port: 53, name: 'dns' }] } });
    await story.merge('kubectl', { metadata: { labels: { a: 'b' } } });
    await rollsBack(story, {
      spec: {
        type: 'LoadBalancer',
        selector: { app: 'other' },
        ports: [
          { port: 53, name: 'dns', targetPort: 5353 },
          { port: 53, protocol: 'UDP', name: 'dns-udp' },
          { port: 80, name: 'http' },
        ],
      },
    });
  });

  test('puts a Secret back whose change came as stringData', async () => {
    const story = new Story(client, SECRET, 'login');
    await story.apply('flux', { data: { user: 'YQ==', password: 'Yg==' } });
    const { content, faults } = normalizeContent(story.ref, 'Patch', {
      stringData: { password: 'änders', token: 't' },
      data: { password: 'eA==' },
    });
    expect(faults).toEqual([]);
    const { after } = await rollsBack(story, content);
    expect(after['data']).toEqual({ user: 'YQ==', password: Buffer.from('änders').toString('base64'), token: 'dA==' });
  });

  test.each(['alone', 'among others'])(
    'puts a custom resource back: keyed lists, sets, atomic lists, unknown fields (%s)',
    async (company) => {
      const story = new Story(client, WIDGET, `widget-${company.slice(0, 5)}`);
      await story.apply('flux', widget());
      await story.apply('hpa', { spec: { parts: [{ name: 'wheel', size: 4 }], tags: ['red', 'big'] } });
      await story.merge('kubectl', {
        spec: { free: { deep: { k: 1.5, l: [1, { a: '<' }] }, gone: null }, empty: {} },
        metadata: { annotations: { x: 'y' } },
      });
      const change = {
        spec: {
          parts: [
            { name: 'new', size: 1 },
            { name: 'wheel', size: 9, colour: 'blue' },
            { name: 'axle', size: 1 },
          ],
          listeners: [
            { port: 53, protocol: 'UDP', host: 'u' },
            { port: 53, host: 'changed' },
          ],
          tags: ['new', 'red', 'small'],
          order: ['z', 'y'],
          free: { deep: { k: 2, m: { n: {} } }, list: [{ a: 1 }] },
          empty: { no: 'longer' },
        },
      };
      await rollsBack(
        story,
        change,
        company === 'alone'
          ? undefined
          : () =>
              story.apply('other', {
                spec: {
                  parts: [
                    { name: 'wheel', note: 'theirs' },
                    { name: 'theirs', size: 1 },
                  ],
                  tags: ['theirs'],
                  listeners: [{ port: 99, host: 'o' }],
                  free: { theirs: true },
                },
              }),
      );
    },
  );

  test('gives fields back to a manager that wrote them in another version of the API', async () => {
    const story = new Story(client, AUTOSCALER, 'scaler');
    const v1: ResourceKind = { ...AUTOSCALER, version: 'v1' };
    const spec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, maxReplicas: 5 };
    await new Story(client, v1, 'scaler').apply('old-flux', { spec: { ...spec, targetCPUUtilizationPercentage: 50 } });
    await story.apply('hpa', { spec: { minReplicas: 2 } });
    const { before, after } = await rollsBack(story, {
      spec: {
        minReplicas: 3,
        maxReplicas: 9,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 90 } } }],
      },
    });
    expect(entryOf(after, 'old-flux')?.fieldsV1).not.toEqual(entryOf(before, 'old-flux')?.fieldsV1);
  });

  test('takes apart again what the server has gathered from the oldest of more than ten writers', async () => {
    const story = new Story(client, CONFIG_MAP, 'crowded');
    await story.create('writer-0', { data: { k0: '0' } });
    for (const index of Array.from({ length: 9 }, (_, one) => one + 1))
      await story.merge(`writer-${index}`, { data: { [`k${index}`]: String(index) } });
    const { before, after } = await rollsBack(story, { data: { k0: 'x', k5: 'x', new: 'x' } });
    expect(before.metadata.managedFields).toHaveLength(10);
    expect(entryOf(after, 'ancient-changes')).toBeDefined();
  });

  test('leaves an object without managedFields without any', async () => {
    const story = new Story(client, CONFIG_MAP, 'ownerless');
    await story.create('kubectl', { data: { a: '1', b: '2' } });
    await story.merge('kubectl', { metadata: { managedFields: [{}] } });
    const { before, after } = await rollsBack(story, { data: { a: '2' } });
    expect(before.metadata.managedFields ?? []).toEqual([]);
    expect(entryOf(after, 'before-first-apply')).toBeDefined();
  });
});

describe('the patch of a rollback', () => {
  test('fails as a whole where the object has moved on since it was read, and is right when made anew', async () => {
    const story = new Story(client, DEPLOYMENT, 'moving');
    await story.apply('flux', deployment());
    const before = await prepared(story);
    const after = await story.transact({
      spec: { template: { spec: { containers: [{ name: 'app', image: 'app:2', env: [{ name: 'B', value: 'x' }] }] } } },
      metadata: { annotations: { ours: '1' } },
    });
    const env = { op: 'add', path: '/spec/template/spec/containers/0', value: { name: 'first', image: 'first:1' } } as const;
    await client.patch(
      story.ref,
      { type: 'json', operations: [env, { op: 'add', path: '/metadata/annotations/theirs', value: '1' }] },
      { fieldManager: 'stranger' },
    );
    const undone = await story.undo(before, story.fields(before, after), after);
    const containers = containersOf(undone);
    expect(containers.map(({ name }) => name)).toEqual(['first', 'app', 'log']);
    expect(containers.slice(1)).toEqual(containersOf(before));
    expect(undone.metadata.annotations).toEqual({ theirs: '1' });
  });
});

test('the writes of a rollback must not be fused: then the earlier owners are gone', async () => {
  const story = new Story(client, CONFIG_MAP, 'fused');
  await story.apply('flux', { data: { a: '1' } });
  const before = await prepared(story);
  await story.transact({ data: { a: '2' } });
  const operations = [
    { op: 'replace', path: '/data/a', value: '1' },
    { op: 'remove', path: `/metadata/labels/${LOCK_LABEL.replace('/', '~1')}` },
    { op: 'replace', path: '/metadata/managedFields', value: before.metadata.managedFields },
  ] as const;
  const { object } = await client.patch(story.ref, { type: 'json', operations }, { fieldManager: 'janus-lock' });
  expect(object['data']).toEqual(before['data']);
  expect(entryOf(object, 'flux')).toBeUndefined();
});

describe('the lock label', () => {
  test.each([
    ['an object without labels', {}],
    ['an object with labels', { metadata: { labels: { app: 'x' } } }],
  ])('leaves no trace in managedFields once it is off again: %s', async (_what, content) => {
    const story = new Story(client, CONFIG_MAP, `traceless-${Object.keys(content).length}`);
    await story.create('kubectl', { ...content, data: { a: '1' } });
    const before = await story.aged();
    const locked = await story.lock();
    expect(exactly(locked)).toEqual(exactly(before));
    const operations = [{ op: 'remove', path: `/metadata/labels/${LOCK_LABEL.replace('/', '~1')}` }] as const;
    const { object } = await client.patch(story.ref, { type: 'json', operations }, { fieldManager: 'janus-lock' });
    expect(exactly(object)).toEqual(exactly(before));
  });
});

/** Locks, changes, perhaps lets others write, undoes; checks values, owners, times and fingerprints. */
async function rollsBack(
  story: Story,
  change: Readonly<Record<string, unknown>>,
  meanwhile?: () => Promise<KubeObject>,
): Promise<{ before: KubeObject; after: KubeObject }> {
  const before = await prepared(story);
  const after = await story.transact(change);
  const fields = story.fields(before, after);
  expect(fingerprint(after, fields)).not.toBe(fingerprint(before, fields));
  const live = await meanwhile?.();
  if (live !== undefined) expect(memberPaths(touchedFields(fields, after, live))).toEqual([]);
  const undone = await story.undo(before, fields);
  expect(fingerprint(undone, fields)).toBe(fingerprint(before, fields));
  if (meanwhile === undefined) {
    expect(exactly(undone)).toEqual(exactly(before));
    expect(fingerprint(undone, 'object')).toBe(fingerprint(before, 'object'));
    return { before, after };
  }
  // The same write without any transaction is what others must be left with.
  await client.delete(story.ref);
  const { uid: _uid, resourceVersion: _resourceVersion, ...metadata } = before.metadata;
  await story.create('again', { ...before, metadata });
  await story.merge('again', { metadata: { managedFields: before.metadata.managedFields } });
  const expected = await meanwhile();
  // Where in a list an item comes that others have added is not said by anything but what was there at that time.
  expect(sorted(comparable(undone))).toEqual(sorted(comparable(expected)));
  return { before, after };
}

async function prepared(story: Story): Promise<KubeObject> {
  const before = await story.aged();
  await story.lock();
  return before;
}

/** Times of entries that are new, and what belongs to one incarnation of an object, apart. */
function comparable(object: KubeObject): unknown {
  const {
    uid: _uid,
    creationTimestamp: _creationTimestamp,
    resourceVersion: _resourceVersion,
    generation: _generation,
    managedFields = [],
    ...metadata
  } = withoutLock(object).metadata;
  return {
    ...object,
    metadata,
    owners: managedFields.map((entry) => ({ ...entry, time: entry.time?.startsWith('2024') ? entry.time : 'now' })),
  };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, sorted(member)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function containersOf(object: KubeObject): readonly { readonly name: string }[] {
  return (object['spec'] as { template: { spec: { containers: { name: string }[] } } }).template.spec.containers;
}

async function until(done: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 120_000;
  while (!(await done())) {
    if (Date.now() > end) throw new Error('Not within two minutes.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
