import { describe, expect, test } from 'vitest';
import type { ObjectRef } from '../../../src/kube/object.ts';
import { normalizeContent } from '../../../src/lock/fields/normalize.ts';
import { LOCK_LABEL } from '../../../src/lock/label.ts';

const secret: ObjectRef = {
  kind: { group: '', version: 'v1', kind: 'Secret', resource: 'secrets', namespaced: true },
  namespace: 'shop',
  name: 'login',
};
const web: ObjectRef = {
  kind: { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true },
  namespace: 'shop',
  name: 'web',
};
const role: ObjectRef = {
  kind: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', resource: 'clusterroles', namespaced: false },
  name: 'reader',
};

describe('normalizeContent', () => {
  test('content gets the names of its target', () => {
    expect(normalizeContent(web, 'Patch', { spec: { replicas: 2 } })).toEqual({
      content: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' }, spec: { replicas: 2 } },
      faults: [],
      warnings: [],
    });
    expect(normalizeContent(role, 'Create', {}).content).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'reader' },
    });
  });

  test('content that names its target is taken, and its other metadata kept', () => {
    const content = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop', labels: { a: 'b' }, finalizers: ['x'] },
    };
    expect(normalizeContent(web, 'Update', content)).toEqual({ content, faults: [], warnings: [] });
  });

  test.each([
    ['apiVersion', { apiVersion: 'apps/v1beta1' }],
    ['kind', { kind: 'StatefulSet' }],
    ['metadata.name', { metadata: { name: 'other' } }],
    ['metadata.namespace', { metadata: { namespace: 'other' } }],
    ['metadata.managedFields', { metadata: { managedFields: [{}] } }],
    ['metadata.resourceVersion', { metadata: { resourceVersion: '5' } }],
    ['metadata.uid', { metadata: { uid: 'u' } }],
    ['metadata.generateName', { metadata: { generateName: 'x-' } }],
    [`metadata.labels["${LOCK_LABEL}"]`, { metadata: { labels: { [LOCK_LABEL]: null } } }],
    ['metadata', { metadata: 'x' }],
    ['content', []],
    ['content', 'x'],
    ['content', null],
  ])('refuses %s in %j', (field, content) => {
    const { faults } = normalizeContent(web, 'Patch', content);
    expect(faults.map((fault) => fault.field)).toEqual([field]);
    expect(faults[0]?.message).not.toBe('');
  });

  test('names all faults at once', () => {
    expect(normalizeContent(web, 'Patch', { kind: 'Pod', metadata: { uid: 'u', resourceVersion: '1' } }).faults).toHaveLength(3);
  });

  test('a namespace on a cluster-scoped kind is a fault', () => {
    expect(normalizeContent(role, 'Patch', { metadata: { namespace: 'shop' } }).faults[0]?.message).toContain('no namespace');
  });

  test('what generators write without meaning it is dropped without a word', () => {
    const content = {
      status: {},
      metadata: { creationTimestamp: null, resourceVersion: '', uid: '', managedFields: [], generateName: '' },
    };
    expect(normalizeContent(web, 'Patch', content)).toEqual({
      content: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } },
      faults: [],
      warnings: [],
    });
  });

  test('status and what servers write are faults, each named', () => {
    const { faults } = normalizeContent(web, 'Update', {
      spec: {},
      status: { replicas: 1 },
      metadata: { generation: 4, creationTimestamp: '2024-01-01T00:00:00Z' },
    });
    expect(faults.map(({ field }) => field)).toEqual(['status', 'metadata.creationTimestamp', 'metadata.generation']);
  });

  test('stringData becomes data, and wins over it', () => {
    const { content, faults } = normalizeContent(secret, 'Patch', { data: { a: 'eA==', b: 'eQ==' }, stringData: { a: 'ü<', c: '' } });
    expect(faults).toEqual([]);
    expect(content['data']).toEqual({ a: Buffer.from('ü<').toString('base64'), b: 'eQ==', c: '' });
    expect(content).not.toHaveProperty('stringData');
  });

  test('stringData of another kind is just a field', () => {
    expect(normalizeContent(web, 'Patch', { stringData: { a: 'b' } }).content['stringData']).toEqual({ a: 'b' });
  });

  test('empty stringData leaves no data behind', () => {
    for (const stringData of [{}, null]) expect(normalizeContent(secret, 'Patch', { stringData }).content).not.toHaveProperty('data');
  });

  test('stringData that is no string is a fault that does not quote it', () => {
    const { faults } = normalizeContent(secret, 'Patch', { stringData: { pin: 4711 } });
    expect(faults.map(({ field }) => field)).toEqual(['stringData["pin"]']);
    expect(JSON.stringify(faults)).not.toContain('4711');
    expect(normalizeContent(secret, 'Patch', { stringData: 'x' }).faults).toHaveLength(1);
  });

  test('nulls are warned of, by path', () => {
    const { warnings, faults } = normalizeContent(web, 'Patch', {
      spec: { a: null, containers: [{ 'b.c': null }] },
      metadata: { annotations: { x: null } },
    });
    expect(faults).toEqual([]);
    expect(warnings.map((words) => words.split(' ')[0])).toEqual(['spec.a', 'spec.containers[0]["b.c"]', 'metadata.annotations.x']);
  });

  test('the content itself is not changed, and hostile names stay names', () => {
    const content = JSON.parse(
      '{"__proto__":{"polluted":1},"stringData":{"__proto__":"x"},"status":{"a":1},"metadata":{"labels":{"constructor":"y"}}}',
    ) as object;
    const copy = structuredClone(content);
    const normalized = normalizeContent(secret, 'Patch', content);
    expect(content).toEqual(copy);
    expect(JSON.stringify(normalized.content['data'])).toBe('{"__proto__":"eA=="}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('too deep a nesting is a fault', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`);
    expect(normalizeContent(web, 'Patch', { spec: deep }).faults.map(({ field }) => field)).toEqual(['content']);
  });
});
