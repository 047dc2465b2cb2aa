import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identityOf, parseReview, UnreadableReviewError } from '../../src/lock/review.ts';

const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop', uid: 'u-1' } };
const request = {
  uid: 'r',
  operation: 'UPDATE',
  kind: { group: '', version: 'v1', kind: 'ConfigMap' },
  resource: { group: '', version: 'v1', resource: 'configmaps' },
  requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
  name: 'settings',
  namespace: 'shop',
  userInfo: { username: 'alice', groups: ['developers'], extra: { scopes: ['a'] } },
  object,
  oldObject: object,
  dryRun: true,
  options: { fieldManager: 'kubectl' },
};
const without = (...names: string[]) => Object.fromEntries(Object.entries(request).filter(([name]) => !names.includes(name)));
const withMeta = (metadata: object) => ({ ...request, object: { ...object, metadata: { ...object.metadata, ...metadata } } });

describe('reading a review', () => {
  test('keeps what a decision needs', () => {
    expect(parseReview(request)).toEqual({
      operation: 'UPDATE',
      kind: request.kind,
      resource: request.resource,
      requestKind: request.requestKind,
      subresource: '',
      name: 'settings',
      namespace: 'shop',
      dryRun: true,
      user: { username: 'alice', groups: ['developers'], extra: { scopes: ['a'] } },
      options: { fieldManager: 'kubectl' },
      object,
      oldObject: object,
    });
  });

  test('fills in what API servers leave out', () => {
    expect(parseReview({ ...without('dryRun', 'options', 'name', 'namespace', 'requestKind'), userInfo: {} })).toMatchObject({
      subresource: '',
      name: '',
      namespace: '',
      dryRun: false,
      user: { username: '', groups: [], extra: {} },
    });
  });

  test('takes null for absent', () => {
    expect(parseReview({ ...request, operation: 'CREATE', oldObject: null, options: null })).toMatchObject({ operation: 'CREATE' });
    expect(parseReview(withMeta({ labels: null, annotations: null, finalizers: null, creationTimestamp: null }))).toMatchObject({
      operation: 'UPDATE',
    });
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'review'],
    ['a list', [request]],
    ['an empty object', {}],
    ['no operation', without('operation')],
    ['an unknown operation', { ...request, operation: 'PATCH' }],
    ['an operation in a list', { ...request, operation: ['UPDATE'] }],
    ['no kind', without('kind')],
    ['a kind without a version', { ...request, kind: { group: '', kind: 'ConfigMap' } }],
    ['no resource', without('resource')],
    ['a resource without a name', { ...request, resource: { group: '', version: 'v1', resource: '' } }],
    ['a subresource that is a number', { ...request, subResource: 5 }],
    ['a name that is a number', { ...request, name: 5 }],
    ['a namespace that is an object', { ...request, namespace: {} }],
    ['dryRun in words', { ...request, dryRun: 'true' }],
    ['no user', without('userInfo')],
    ['a user name that is a list', { ...request, userInfo: { username: ['alice'] } }],
    ['groups that are text', { ...request, userInfo: { username: 'a', groups: 'system:nodes' } }],
    ['groups of numbers', { ...request, userInfo: { username: 'a', groups: [1] } }],
    ['extra that is a list', { ...request, userInfo: { username: 'a', extra: [] } }],
    ['extra values that are text', { ...request, userInfo: { username: 'a', extra: { a: 'b' } } }],
    ['an update without an object', without('object')],
    ['an update without an old object', without('oldObject')],
    ['a create without an object', { ...without('object'), operation: 'CREATE' }],
    ['a delete without an old object', { ...without('oldObject'), operation: 'DELETE' }],
    ['an object that is a list', { ...request, object: [] }],
    ['an object without metadata', { ...request, object: { apiVersion: 'v1', kind: 'ConfigMap' } }],
    ['metadata that is a list', { ...request, object: { ...object, metadata: [] } }],
    ['labels that are a list', withMeta({ labels: [] })],
    ['a label that is a number', withMeta({ labels: { a: 1 } })],
    ['an annotation that is an object', withMeta({ annotations: { a: {} } })],
    ['finalizers that are text', withMeta({ finalizers: 'x' })],
    ['a finalizer that is a number', withMeta({ finalizers: [1] })],
    ['ownerReferences that are an object', withMeta({ ownerReferences: {} })],
    ['an owner that is text', withMeta({ ownerReferences: ['x'] })],
    ['managedFields that are text', withMeta({ managedFields: 'x' })],
    ['a uid that is a number', withMeta({ uid: 1 })],
    ['a deletionTimestamp that is true', withMeta({ deletionTimestamp: true })],
    ['options that are a list', { ...request, options: [] }],
    ['members that are inherited only', Object.create(request)],
  ])('refuses %s', (_, given) => {
    expect(() => parseReview(given)).toThrow(UnreadableReviewError);
  });

  test('refuses anything else with the same kind of error', () => {
    const mangled = fc.record(
      Object.fromEntries(
        Object.keys(request).map((name) => [name, fc.oneof(fc.constant(request[name as keyof typeof request]), fc.anything())]),
      ),
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), mangled), (given) => {
        try {
          parseReview(given);
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableReviewError);
        }
      }),
    );
  });
});

describe('which object a review is about', () => {
  const identity = (parts: object) => identityOf(parseReview({ ...request, ...parts }));

  test('is told by the object', () => {
    expect(identity({})).toEqual({ group: '', resource: 'configmaps', namespace: 'shop', name: 'settings', uid: 'u-1' });
  });

  test('is told by the old object where the request has no name (deletecollection)', () => {
    expect(identity({ operation: 'DELETE', name: undefined, object: null })).toMatchObject({ name: 'settings', uid: 'u-1' });
  });

  test('is told by the name that was generated', () => {
    expect(
      identity({
        operation: 'CREATE',
        name: '',
        oldObject: null,
        object: { ...object, metadata: { name: 'settings-x7', generateName: 'settings-' } },
      }),
    ).toMatchObject({ name: 'settings-x7' });
  });

  test('is told by the old object rather than by what somebody wants it to be', () => {
    const forged = { ...object, metadata: { ...object.metadata, name: 'other', uid: 'u-2' } };
    expect(identity({ object: forged })).toMatchObject({ name: 'settings', uid: 'u-1' });
  });

  test('has no uid where there is none yet', () => {
    expect(
      identity({ operation: 'CREATE', oldObject: null, object: { ...object, metadata: { name: 'settings', uid: '' } } }),
    ).not.toHaveProperty('uid');
  });

  test('is cluster-scoped for a Namespace, though its reviews name the namespace itself', () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', uid: 'u-1' } };
    const resource = { group: '', version: 'v1', resource: 'namespaces' };
    expect(identity({ resource, namespace: 'shop', object: namespace, oldObject: namespace })).toEqual({
      group: '',
      resource: 'namespaces',
      namespace: '',
      name: 'shop',
      uid: 'u-1',
    });
  });
});
