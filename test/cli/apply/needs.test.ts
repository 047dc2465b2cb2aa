import { describe, expect, test } from 'vitest';
import { executionOrders } from '../../../src/cli/apply/needs.ts';
import { wantedObjects } from '../../../src/cli/apply/wanted.ts';
import type { ResourceKind } from '../../../src/kube/object.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, SECRETS, SERVICE_ACCOUNTS } from '../../../src/kube/well-known.ts';
import { KINDS } from '../kinds.ts';

const API_SERVICE: ResourceKind = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  resource: 'apiservices',
  namespaced: false,
};
const ALL = [...KINDS, CUSTOM_RESOURCE_DEFINITIONS, SECRETS, SERVICE_ACCOUNTS, API_SERVICE];

interface Described {
  readonly apiVersion?: string;
  readonly namespace?: string;
  readonly order?: string;
  readonly needs?: string;
  readonly spec?: unknown;
}

/** `Kind/name`, and what else is said of it, as a manifest. */
function manifest([kind, name = '']: readonly string[], { apiVersion = 'v1', namespace, needs, order, spec }: Described): string {
  const annotations = {
    ...(order === undefined ? {} : { 'tx.janus.io/order': order }),
    ...(needs === undefined ? {} : { 'tx.janus.io/depends-on': needs }),
  };
  return JSON.stringify({ apiVersion, kind, metadata: { name, namespace, annotations }, spec });
}

/** Names in the order in which they are made; what is made together is joined by `+`. */
function sequence(objects: Readonly<Record<string, Described>>): string {
  const text = Object.entries(objects)
    .map(([name, described]) => manifest(name.split('/'), described))
    .join('\n---\n');
  const wanted = wantedObjects([{ name: 'f.yaml', text }], ALL, 'shop');
  const groups: string[][] = [];
  for (const [index, order] of executionOrders(wanted).entries()) (groups[order] ??= []).push(wanted[index]?.ref.name ?? '');
  return groups.map((group) => group.sort().join('+')).join(' ');
}

const CRD: Described = {
  apiVersion: 'apiextensions.k8s.io/v1',
  spec: { group: 'example.com', scope: 'Namespaced', names: { kind: 'Widget', plural: 'widgets' }, versions: [{ name: 'v1' }] },
};
const DEPLOYMENT: Described = { apiVersion: 'apps/v1' };

describe('objects are made', () => {
  test('as they usually need each other, those of one stage together', () => {
    expect(
      sequence({
        'APIService/webhook': { apiVersion: 'apiregistration.k8s.io/v1' },
        'Deployment/web': DEPLOYMENT,
        'ConfigMap/settings': {},
        'Secret/keys': {},
        'ClusterRole/role': { apiVersion: 'rbac.authorization.k8s.io/v1' },
        'ServiceAccount/account': {},
        'CustomResourceDefinition/widgets.example.com': CRD,
        'Namespace/shop': {},
        'Widget/custom': { apiVersion: 'example.com/v1' },
      }),
    ).toBe('shop widgets.example.com account+role keys+settings custom+web webhook');
  });

  test('after their Namespace and their definition, whatever order those have', () => {
    expect(
      sequence({
        'Namespace/shop': { order: '5' },
        'ConfigMap/inside': {},
        'ConfigMap/elsewhere': { namespace: 'other' },
        'Widget/custom': { apiVersion: 'example.com/v1', namespace: 'other' },
        'CustomResourceDefinition/widgets.example.com': { ...CRD, order: '6' },
      }),
    ).toBe('elsewhere shop inside widgets.example.com custom');
  });

  test('as their annotations say', () => {
    expect(
      sequence({
        'ConfigMap/first': { order: '-1' },
        'ConfigMap/second': {},
        'Deployment/db': DEPLOYMENT,
        'Deployment/web': { ...DEPLOYMENT, needs: 'Deployment/db, svc/front' },
        'Service/front': { needs: 'Deployment.apps/shop/db' },
        'ConfigMap/last': { order: '1' },
      }),
    ).toBe('first second db front web last');
  });
});

describe('what cannot be ordered', () => {
  test('names the circle', () => {
    expect(() =>
      sequence({
        'Deployment/a': { ...DEPLOYMENT, needs: 'Deployment/b' },
        'Deployment/b': { ...DEPLOYMENT, needs: 'ConfigMap/c' },
        'ConfigMap/c': { needs: 'deploy/a' },
      }),
    ).toThrow(
      'These objects need each other, so none can come first: Deployment shop/a needs Deployment shop/b needs ConfigMap shop/c needs Deployment shop/a. Correct tx.janus.io/depends-on of one of them.',
    );
  });

  test('names the contradiction', () => {
    expect(() => sequence({ 'ConfigMap/early': { order: '-1', needs: 'ConfigMap/late' }, 'ConfigMap/late': {} })).toThrow(
      'ConfigMap shop/early has tx.janus.io/order -1 and needs ConfigMap shop/late, which comes later (0): correct one of them.',
    );
  });

  test.each([
    ['ConfigMap/none', 'which is not among the objects that are applied'],
    ['Gizmo/late', 'which is not among the objects that are applied'],
    ['ConfigMap/other/late', 'which is not among the objects that are applied'],
    ['late', 'which is no Kind/name or Kind/namespace/name'],
    ['a/b/c/d', 'which is no Kind/name or Kind/namespace/name'],
    ['ConfigMap//late', 'which is no Kind/name or Kind/namespace/name'],
  ])('names a dependency on %s', (needs, words) => {
    expect(() => sequence({ 'ConfigMap/early': { needs }, 'ConfigMap/late': {} })).toThrow(
      `(document 1): tx.janus.io/depends-on names "${needs}", ${words}`,
    );
  });

  test.each(['first', '1.5', '', '99999999999'])('names the order %j', (order) => {
    expect(() => sequence({ 'ConfigMap/a': { order } })).toThrow(/tx\.janus\.io\/order must be a whole number in quotes/);
  });
});

describe('what is described twice', () => {
  test('is named with both places', () => {
    const text = ['ConfigMap/a', 'ConfigMap/b', 'ConfigMap/a'].map((name) => manifest(name.split('/'), {})).join('\n---\n');
    expect(() => wantedObjects([{ name: 'f.yaml', text }], ALL, 'shop')).toThrow(
      'f.yaml:5:1 (document 3): ConfigMap shop/a is described here and in f.yaml:1:1 (document 1) too: leave one of them out.',
    );
  });
});
