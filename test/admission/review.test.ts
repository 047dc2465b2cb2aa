import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedReview, own, parseAdmissionReview } from '../../src/admission/review.ts';
import { ALICE, reviewBody, UID } from './reviews.ts';

function withRequest(change: Record<string, unknown>): unknown {
  const body = reviewBody();
  return { ...body, request: { ...(body['request'] as object), ...change } };
}

function faultOf(body: unknown): MalformedReview {
  try {
    parseAdmissionReview(body);
  } catch (error) {
    if (error instanceof MalformedReview) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('an AdmissionReview', () => {
  test('is read as the API server sends it', () => {
    const request = parseAdmissionReview(
      reviewBody({ operation: 'UPDATE', object: { a: 1 }, oldObject: { a: 2 }, dryRun: true, subResource: 'status' }),
    );
    expect(request).toMatchObject({
      uid: UID,
      operation: 'UPDATE',
      dryRun: true,
      subResource: 'status',
      namespace: 'shop',
      userInfo: ALICE,
      object: { a: 1 },
      oldObject: { a: 2 },
    });
  });

  test('with null objects has none', () => {
    const request = parseAdmissionReview(reviewBody());
    expect(request).not.toHaveProperty('object');
    expect(request).not.toHaveProperty('oldObject');
  });

  test('leaves out what the API server leaves out', () => {
    const body = reviewBody() as { request: Record<string, unknown> };
    for (const key of ['dryRun', 'name', 'namespace', 'subResource', 'object', 'oldObject']) Reflect.deleteProperty(body.request, key);
    body.request['userInfo'] = { username: 'system:anonymous' };
    expect(parseAdmissionReview(body)).toMatchObject({
      dryRun: false,
      name: '',
      namespace: '',
      subResource: '',
      userInfo: { username: 'system:anonymous', groups: [], extra: {} },
    });
  });

  test.each([
    ['a list', []],
    ['null', null],
    ['a number', 7],
    ['another version', { ...reviewBody(), apiVersion: 'admission.k8s.io/v1beta1' }],
    ['another kind', { ...reviewBody(), kind: 'ConversionReview' }],
    ['no request', { ...reviewBody(), request: undefined }],
    ['a list as request', { ...reviewBody(), request: [] }],
    ['no uid', reviewBody({ uid: undefined })],
    ['an empty uid', reviewBody({ uid: '' })],
    ['a number as uid', reviewBody({ uid: 7 })],
    ['an endless uid', reviewBody({ uid: 'x'.repeat(1000) })],
  ])('that is %s cannot be addressed', (_what, body) => {
    expect(faultOf(body).uid).toBeUndefined();
  });

  test.each([
    ['an unknown operation', { operation: 'PATCH' }],
    ['an inherited word as operation', { operation: 'constructor' }],
    ['no resource', { resource: undefined }],
    ['a resource without a name', { resource: { group: '', version: 'v1' } }],
    ['no user', { userInfo: null }],
    ['groups that are no list', { userInfo: { username: 'x', groups: 'system:masters' } }],
    ['extra that is not a map of lists', { userInfo: { username: 'x', extra: { 'tx.janus.io/grant': 'token' } } }],
    ['a name that is no text', { name: {} }],
    ['an object that is a list', { object: [] }],
    ['an old object that is text', { oldObject: 'x' }],
    ['dryRun that is text', { dryRun: 'false' }],
  ])('with %s is refused, addressed to its uid', (_what, change) => {
    expect(faultOf(withRequest(change)).uid).toBe(UID);
  });

  test('with keys that mean something to JavaScript changes nothing but itself', () => {
    const body: unknown = JSON.parse(
      `{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},${JSON.stringify(reviewBody()).slice(1, -1).replace('"userInfo":{', '"userInfo":{"__proto__":{"groups":["system:masters"]},')}}`,
    );
    expect(parseAdmissionReview(body).userInfo.groups).toEqual(ALICE.groups);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('whose envelope is only inherited is none', () => {
    expect(faultOf(Object.create(reviewBody()) as unknown).uid).toBeUndefined();
  });

  test('never fails in any other way', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('uid', 'operation', 'userInfo', 'resource', 'object', 'dryRun', 'name'), (value, key) => {
        try {
          parseAdmissionReview(withRequest({ [key]: value }));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedReview);
        }
      }),
    );
  });
});

test('only properties of the object itself are found', () => {
  expect(own({}, 'constructor')).toBeUndefined();
  expect(own({ a: 1 }, 'a')).toBe(1);
});
