import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateResourceChange } from '../../src/api/resource-change-validation.ts';
import { UNLOCKABLE } from '../../src/api/unlockable.ts';

const SETTINGS = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings' };
const MANIFEST = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: '1' } };

const change = (spec: unknown): unknown => ({
  apiVersion: 'tx.janus.io/v1alpha1',
  kind: 'ResourceChange',
  metadata: { name: 'release-settings', namespace: 'shop' },
  spec,
});

const patch = (target: object, content: unknown = { data: { a: '1' } }): unknown =>
  change({ target: { ...SETTINGS, ...target }, type: 'Patch', content });

const fields = (object: unknown): readonly string[] => validateResourceChange(object).map(({ field }) => field);

describe('validateResourceChange', () => {
  test.each([
    ['Create of a manifest', { target: SETTINGS, type: 'Create', content: MANIFEST }],
    ['Create of a manifest that leaves its kind to the target', { target: SETTINGS, type: 'Create', content: { data: { a: '1' } } }],
    ['Update by a manifest', { target: SETTINGS, type: 'Update', content: MANIFEST, order: 2 }],
    ['Patch of some fields', { target: SETTINGS, type: 'Patch', content: { data: { a: '1' } }, order: -1 }],
    ['Patch of nothing', { target: SETTINGS, type: 'Patch', content: {} }],
    ['Delete', { target: { ...SETTINGS, namespace: 'other' }, type: 'Delete' }],
    [
      'a name that only RBAC allows',
      { target: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'system:viewer' }, type: 'Delete' },
    ],
    [
      'a manifest as kubectl writes it',
      { target: SETTINGS, type: 'Create', content: { ...MANIFEST, metadata: { name: 'settings', creationTimestamp: null } } },
    ],
    [
      'an empty namespace',
      { target: { ...SETTINGS, namespace: '' }, type: 'Create', content: { ...MANIFEST, metadata: { namespace: '' } } },
    ],
    [
      'a custom resource of any group',
      { target: { apiVersion: 'example.com/v1beta1', kind: 'Widget', name: 'a' }, type: 'Patch', content: { status: {} } },
    ],
    [
      'Patch of an EndpointSlice',
      { target: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', name: 'a' }, type: 'Patch', content: { ports: [] } },
    ],
    ['a Lease', { target: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: 'a' }, type: 'Delete' }],
  ])('accepts %s', (_, spec) => {
    expect(validateResourceChange(change(spec), undefined, undefined, { systemNamespace: 'janus-system' })).toEqual([]);
  });

  test('names all faults at once, each with its field', () => {
    const faults = validateResourceChange(
      change({
        target: { apiVersion: 'v1/', kind: 'ConfigMap', name: 'Settings', namespace: 'Shop', nmae: 'x' },
        type: 'Update',
        order: 1.5,
        content: { kind: 'Secret', metadata: { name: 'other', uid: 'x' } },
      }),
    );
    expect(faults.map(({ field }) => field)).toEqual([
      'spec.order',
      'spec.target.nmae',
      'spec.target.apiVersion',
      'spec.target.name',
      'spec.target.namespace',
      'spec.content.apiVersion',
      'spec.content.kind',
      'spec.content.metadata.name',
      'spec.content.metadata.uid',
    ]);
    expect(faults[1]?.message).toBe('there is no such field; did you mean spec.target.name?');
  });

  test('wants a spec, a target and a type', () => {
    expect(validateResourceChange({ apiVersion: 'tx.janus.io/v1alpha1', kind: 'ResourceChange', metadata: {} })).toEqual([
      { field: 'spec', message: 'is required' },
    ]);
    expect(fields(change({}))).toEqual(['spec.target', 'spec.type']);
    expect(fields(change({ target: {}, type: 'Delete' }))).toEqual(['spec.target.apiVersion', 'spec.target.kind', 'spec.target.name']);
    expect(fields(change({ target: SETTINGS, type: 'Replace' }))).toEqual(['spec.type']);
    expect(fields(change({ target: SETTINGS, type: 'Delete', order: 2 ** 31 }))).toEqual(['spec.order']);
  });

  test('takes whatever comes', () => {
    fc.assert(fc.property(fc.anything(), fc.anything(), fc.anything(), (a, b, c) => Array.isArray(validateResourceChange(a, b, c))));
    fc.assert(fc.property(fc.jsonValue(), (spec) => Array.isArray(validateResourceChange(change(spec)))));
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, content) =>
        Array.isArray(validateResourceChange(change({ target, type: 'Update', content }))),
      ),
    );
  });

  describe('of content', () => {
    test.each(['Create', 'Update', 'Patch'])('requires it for %s', (type) => {
      expect(validateResourceChange(change({ target: SETTINGS, type }))).toEqual([
        { field: 'spec.content', message: `is required for ${type}` },
      ]);
    });

    test.each([[{}], [MANIFEST]])('forbids it for Delete, even empty', (content) => {
      expect(fields(change({ target: SETTINGS, type: 'Delete', content }))).toEqual(['spec.content']);
    });

    test.each([[null], ['x'], [[]], [1]])('wants an object, not %j', (content) => {
      expect(fields(change({ target: SETTINGS, type: 'Patch', content }))).toEqual(['spec.content']);
    });

    test('requires apiVersion and kind for Update, which replaces the whole object', () => {
      const faults = validateResourceChange(change({ target: SETTINGS, type: 'Update', content: { data: {} } }));
      expect(faults.map(({ field }) => field)).toEqual(['spec.content.apiVersion', 'spec.content.kind']);
      expect(faults[0]?.message).toContain('use type Patch');
    });

    test.each([
      ['apiVersion', { ...MANIFEST, apiVersion: 'v2' }, 'spec.content.apiVersion', 'must be the same as spec.target.apiVersion: v1'],
      ['kind', { ...MANIFEST, kind: 'Secret' }, 'spec.content.kind', 'must be the same as spec.target.kind: ConfigMap'],
      ['name', { ...MANIFEST, metadata: { name: 'x' } }, 'spec.content.metadata.name', 'must be the same as spec.target.name: settings'],
      [
        'namespace',
        { ...MANIFEST, metadata: { namespace: 'x' } },
        'spec.content.metadata.namespace',
        "must be the same as the target's namespace: shop",
      ],
    ])('wants the %s of the target', (_, content, field, message) => {
      for (const type of ['Create', 'Update', 'Patch']) {
        expect(validateResourceChange(change({ target: SETTINGS, type, content }))).toEqual([{ field, message }]);
      }
    });

    test('takes the namespace of the target, of the Transaction, of the change, in this order', () => {
      const of = (target: object, namespace: string, transaction?: unknown): readonly string[] =>
        validateResourceChange(patch(target, { metadata: { namespace } }), undefined, transaction).map(({ field }) => field);
      expect(of({ namespace: 'other' }, 'other')).toEqual([]);
      expect(of({ namespace: 'other' }, 'shop')).toEqual(['spec.content.metadata.namespace']);
      expect(of({}, 'home', { metadata: { namespace: 'home' } })).toEqual([]);
      expect(of({}, 'shop', { metadata: { namespace: 'home' } })).toEqual(['spec.content.metadata.namespace']);
      expect(of({}, 'shop')).toEqual([]);
    });

    test.each(['uid', 'resourceVersion', 'managedFields', 'generateName'])('must not set metadata.%s', (key) => {
      expect(fields(patch({}, { metadata: { [key]: 'x' } }))).toEqual([`spec.content.metadata.${key}`]);
    });

    test.each(['x', null])('must not touch the lock, be it to set or to remove it', (value) => {
      expect(fields(patch({}, { metadata: { labels: { 'tx.janus.io/lock': value } } }))).toEqual([
        "spec.content.metadata.labels['tx.janus.io/lock']",
      ]);
    });

    test('must not be nothing but status, where status is written apart', () => {
      const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
      expect(fields(patch(deployment, { status: { replicas: 1 } }))).toEqual(['spec.content']);
      expect(fields(patch(deployment, { spec: {}, status: {} }))).toEqual([]);
    });

    test('wants metadata to be an object', () => {
      expect(fields(patch({}, { metadata: 'x' }))).toEqual(['spec.content.metadata']);
    });
  });

  describe('of the target', () => {
    test.each(['v1', 'apps/v1', 'example.com/v1alpha1', 'a.b.c/v2beta1'])('takes apiVersion %s', (apiVersion) => {
      expect(fields(patch({ apiVersion }))).toEqual([]);
    });

    test.each(['1', 'V1', '/v1', 'apps/', 'apps/v1/x', 'Apps/v1', 'a..b/v1', 'v1\n', '../v1'])('refuses apiVersion %j', (apiVersion) => {
      expect(fields(patch({ apiVersion }))).toEqual(['spec.target.apiVersion']);
    });

    test.each(['Config Map', 'a/b', '..', '9', 'ConfigMap-'])('refuses kind %j', (kind) => {
      expect(fields(patch({ kind }))).toEqual(['spec.target.kind']);
    });

    test.each(['Settings', 'a_b', '-a', 'a-', 'a/b', '..', 'a..b', 'a'.repeat(254)])('refuses name %j', (name) => {
      expect(fields(patch({ name }))).toContain('spec.target.name');
    });

    test('refuses a namespace that cannot exist', () => {
      expect(fields(patch({ namespace: 'a.b' }))).toEqual(['spec.target.namespace']);
      expect(fields(patch({ namespace: 'a'.repeat(64) }))).toContain('spec.target.namespace');
    });

    const kinds = UNLOCKABLE.flatMap(({ groups, kinds: names = ['Anything'], types = ['Create', 'Update', 'Patch', 'Delete'], why }) =>
      groups.flatMap((group) => names.flatMap((kind) => types.map((type) => ({ group, kind, type, why })))),
    );

    test.each(kinds)('refuses $type of $kind in group "$group", with the reason', ({ group, kind, type, why }) => {
      const target = { apiVersion: group === '' ? 'v1' : `${group}/v1`, kind, name: 'a' };
      const faults = validateResourceChange(change({ target, type, ...(type === 'Delete' ? {} : { content: {} }) }));
      const fault = faults.find(({ field }) => field === 'spec.target.kind');
      expect(fault?.message).toContain(why);
    });

    test('tells kinds of one name apart by group', () => {
      expect(fields(patch({ apiVersion: 'example.com/v1', kind: 'Event' }))).toEqual([]);
      expect(fields(patch({ apiVersion: 'example.com/v1', kind: 'ValidatingWebhookConfiguration' }))).toEqual([]);
    });

    test("refuses Janus's own namespace and what is in it", () => {
      const of = (target: object, home = 'shop'): readonly string[] =>
        validateResourceChange(patch(target), undefined, { metadata: { namespace: home } }, { systemNamespace: 'janus-system' }).map(
          ({ field }) => field,
        );
      expect(of({ namespace: 'janus-system' })).toEqual(['spec.target.namespace']);
      expect(of({}, 'janus-system')).toEqual(['spec.target.namespace']);
      expect(of({ kind: 'Namespace', name: 'janus-system' })).toEqual(['spec.target.name']);
      expect(of({ kind: 'Namespace', name: 'shop' })).toEqual([]);
      expect(of({ namespace: 'other' })).toEqual([]);
    });

    test('refuses the definitions of our own resources', () => {
      const target = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: 'transactions.tx.janus.io' };
      expect(fields(patch(target))).toEqual(['spec.target.name']);
      expect(fields(patch({ ...target, name: 'widgets.example.com' }))).toEqual([]);
    });
  });

  describe('of a change', () => {
    const old = change({ target: SETTINGS, type: 'Patch', content: { data: { a: '1' } }, order: 0 });

    test('lets metadata change', () => {
      const labelled = { ...(old as object), metadata: { name: 'release-settings', labels: { a: 'b' } } };
      expect(validateResourceChange(labelled, old)).toEqual([]);
    });

    test.each([
      ['a value in content', { target: SETTINGS, type: 'Patch', content: { data: { a: '2' } }, order: 0 }],
      [
        'a key of content, which the API server does not notice',
        { target: SETTINGS, type: 'Patch', content: { binaryData: { a: '1' } }, order: 0 },
      ],
      ['the order', { target: SETTINGS, type: 'Patch', content: { data: { a: '1' } }, order: 1 }],
      ['the target', { target: { ...SETTINGS, name: 'other' }, type: 'Patch', content: { data: { a: '1' } }, order: 0 }],
    ])('refuses to change %s', (_, spec) => {
      expect(validateResourceChange(change(spec), old)).toEqual([
        { field: 'spec', message: 'is immutable; delete the ResourceChange and create another' },
      ]);
    });
  });
});
