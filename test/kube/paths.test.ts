import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidRequestError } from '../../src/kube/errors.ts';
import { apiVersionOf, describeRef } from '../../src/kube/object.ts';
import type { ResourceKind } from '../../src/kube/object.ts';
import { collectionPath, creationPath, objectPath, resourceName, withQuery } from '../../src/kube/paths.ts';

const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const DEPLOYMENTS: ResourceKind = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true };
const NAMESPACES: ResourceKind = { group: '', version: 'v1', kind: 'Namespace', resource: 'namespaces', namespaced: false };

describe('objectPath', () => {
  test('is the path of an object, of the core group or of a named one, in a namespace or not', () => {
    expect(objectPath({ kind: CONFIG_MAPS, namespace: 'shop', name: 'settings' })).toBe('/api/v1/namespaces/shop/configmaps/settings');
    expect(objectPath({ kind: DEPLOYMENTS, namespace: 'shop', name: 'web' }, 'scale')).toBe(
      '/apis/apps/v1/namespaces/shop/deployments/web/scale',
    );
    expect(objectPath({ kind: NAMESPACES, name: 'shop' })).toBe('/api/v1/namespaces/shop');
  });

  test('leaves out a namespace that a cluster-scoped kind does not have', () => {
    expect(objectPath({ kind: NAMESPACES, namespace: 'elsewhere', name: 'shop' })).toBe('/api/v1/namespaces/shop');
  });

  test('keeps a name that is unusual and allowed', () => {
    expect(objectPath({ kind: CONFIG_MAPS, namespace: 'shop', name: 'system:node a' })).toBe(
      '/api/v1/namespaces/shop/configmaps/system%3Anode%20a',
    );
  });

  test.each(['', '.', '..', 'a/b', '../secrets/x', 'a%2fb'])(
    'refuses the name %j: it would be another path, an empty one a whole collection',
    (name) => {
      expect(() => objectPath({ kind: CONFIG_MAPS, namespace: 'shop', name })).toThrow(InvalidRequestError);
    },
  );

  test.each(['', '..', 'a/b'])('refuses the namespace %j', (namespace) => {
    expect(() => objectPath({ kind: CONFIG_MAPS, namespace, name: 'x' })).toThrow(InvalidRequestError);
  });

  test.each(['', '..', 'status/../x'])('refuses the subresource %j', (subresource) => {
    expect(() => objectPath({ kind: CONFIG_MAPS, namespace: 'shop', name: 'x' }, subresource)).toThrow(InvalidRequestError);
  });

  test('refuses a namespaced object without a namespace', () => {
    expect(() => objectPath({ kind: CONFIG_MAPS, name: 'x' })).toThrow('ConfigMap x lives in a namespace, and none was given');
  });

  test('never leaves its own collection, whatever the name is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (namespace, name) => {
        let path: string;
        try {
          path = objectPath({ kind: CONFIG_MAPS, namespace, name });
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          return;
        }
        const segments = new URL(path, 'https://host.test').pathname.split('/');
        expect(segments).toHaveLength(7);
        expect(segments[5]).toBe('configmaps');
        expect(decodeURIComponent(segments[6] ?? '')).toBe(name);
      }),
    );
  });
});

describe('collectionPath and creationPath', () => {
  test('are of one namespace, or of all', () => {
    expect(collectionPath(DEPLOYMENTS, 'shop')).toBe('/apis/apps/v1/namespaces/shop/deployments');
    expect(collectionPath(DEPLOYMENTS)).toBe('/apis/apps/v1/deployments');
  });

  test('an object is created in its namespace, with any name or none', () => {
    expect(creationPath({ kind: CONFIG_MAPS, namespace: 'shop', name: '' })).toBe('/api/v1/namespaces/shop/configmaps');
    expect(() => creationPath({ kind: CONFIG_MAPS, name: 'x' })).toThrow(InvalidRequestError);
  });
});

describe('withQuery', () => {
  test('adds what has a value, and nothing else', () => {
    expect(withQuery('/api', { a: 1, b: undefined, c: true, d: 'x y&z' })).toBe('/api?a=1&c=true&d=x+y%26z');
    expect(withQuery('/api', { a: undefined })).toBe('/api');
    expect(withQuery('/api?a=1', { b: 2 })).toBe('/api?a=1&b=2');
  });
});

test('a resource, an apiVersion and an object have the names that people and kubectl use', () => {
  expect([CONFIG_MAPS, DEPLOYMENTS].map(resourceName)).toEqual(['configmaps', 'deployments.apps']);
  expect([CONFIG_MAPS, DEPLOYMENTS].map(apiVersionOf)).toEqual(['v1', 'apps/v1']);
  expect(describeRef({ kind: DEPLOYMENTS, namespace: 'shop', name: 'web' })).toBe('Deployment shop/web');
  expect(describeRef({ kind: NAMESPACES, name: 'shop' })).toBe('Namespace shop');
});
