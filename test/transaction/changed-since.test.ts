import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kube/object.ts';
import { afterOf, verdictByContent, verdictByPresence } from '../../src/transaction/changed-since.ts';
import type { SagaTarget } from '../../src/transaction/record.ts';

const KIND = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };

function target(change: Partial<SagaTarget> = {}, type: SagaTarget['changes'][number]['type'] = 'Patch'): SagaTarget {
  return {
    kind: KIND,
    namespace: 'shop',
    name: 'it',
    changes: [{ name: 'c', type, order: 0 }],
    scope: 'fields',
    lockBy: 'patch',
    ...change,
  };
}

function object(uid: string, data: Readonly<Record<string, string>> = {}, annotations?: Readonly<Record<string, string>>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'it', uid, ...(annotations === undefined ? {} : { annotations }) },
    data,
  };
}

const FIELDS = { 'f:data': { 'f:a': {} } };

describe('what is there before a rollback of what was committed', () => {
  const patched = target({ uid: 'u1', fields: FIELDS, after: { uid: 'u1', fingerprint: 'x' } });
  const created = target({ after: { uid: 'u1', fingerprint: 'x' } }, 'Create');
  const deleted = target({ uid: 'u1', scope: 'object', after: {} }, 'Delete');

  test.each([
    ['the object itself is locked', patched, object('u1'), false, {}],
    ['a missing object was deleted by somebody', patched, undefined, false, { conflict: 'ConfigMap shop/it was deleted since' }],
    ['a missing object is made again by force', patched, undefined, true, {}],
    ['a missing creation needs no undoing', created, undefined, false, { undone: true }],
    ['nothing has the name of what was deleted', deleted, undefined, false, {}],
    ['what was deleted may still wait for its finalizers', deleted, object('u1'), false, {}],
  ])('%s', (_title, of, live, force, verdict) => expect(verdictByPresence(of, live, force, false)).toEqual(verdict));

  test.each([patched, created])('an object of somebody else is never touched, not even by force', (of) => {
    for (const force of [false, true]) {
      expect(verdictByPresence(of, object('u2'), force, false).conflict).toBe(
        'ConfigMap shop/it was replaced by another object of the same name since',
      );
    }
  });

  test('an object of somebody else with the name of what was deleted is never touched, not even by force', () => {
    for (const force of [false, true]) expect(verdictByPresence(deleted, object('u2'), force, false).conflict).toContain('exists again');
  });
});

describe('what a failed rollback in flight has left', () => {
  const conflict = 'somebody broke the lock';

  test.each([
    ['what was locked and not undone is locked again', target({ uid: 'u1' }), object('u1'), false, false, {}],
    ['a creation that never was needs no undoing', target({}, 'Create'), undefined, false, false, {}],
    [
      'a name that somebody else took before the Create needs no undoing',
      target({}, 'Create'),
      object('u2'),
      false,
      false,
      { undone: true },
    ],
    ['a creation of ours whose lock was broken stays', target({ conflict }, 'Create'), object('u2'), false, true, { conflict }],
    ['a creation of ours whose lock was broken goes by force', target({ conflict }, 'Create'), object('u2'), true, true, {}],
    ['an object whose lock was broken stays as it is', target({ uid: 'u1', conflict }), object('u1'), false, true, { conflict }],
    ['an object whose lock was broken is restored by force', target({ uid: 'u1', conflict }), object('u1'), true, true, {}],
    [
      'an object that was deleted once its lock was broken stays deleted',
      target({ uid: 'u1', conflict }),
      undefined,
      false,
      false,
      { conflict },
    ],
    [
      'what the transaction deleted is made again once its name is free',
      target({ uid: 'u1', conflict }, 'Delete'),
      undefined,
      false,
      false,
      {},
    ],
  ])('%s', (_title, of, live, force, wrote, verdict) => expect(verdictByPresence(of, live, force, wrote)).toEqual(verdict));

  test('an object of somebody else with the name of what was deleted is never touched, not even by force', () => {
    expect(verdictByPresence(target({ uid: 'u1', conflict }, 'Delete'), object('u2'), true, false).conflict).toContain('exists again');
  });
});

describe('whether what the transaction wrote was changed since', () => {
  const before = object('u1', { a: '1', b: '1' });
  const wrote = object('u1', { a: '2', b: '1' });
  const patched = target({ uid: 'u1', fields: FIELDS });
  const updated = target({ uid: 'u1', scope: 'object' }, 'Update');
  const with_ = (of: SagaTarget): SagaTarget => ({ ...of, after: afterOf(of, { uid: 'u1', object: wrote }, before, {}) });
  const verdict = (of: SagaTarget, live: KubeObject, force = false): unknown => verdictByContent(with_(of), live, force, ' (versions)');

  test('nothing was, where nothing has changed', () => {
    expect(verdict(patched, wrote)).toEqual({});
    expect(verdict(updated, wrote)).toEqual({});
  });

  test('status, revision and the lock label are nothing that it wrote', () => {
    const moved = {
      ...wrote,
      metadata: { ...wrote.metadata, annotations: { 'deployment.kubernetes.io/revision': '3' }, labels: { 'tx.janus.io/lock': 'x' } },
      status: { replicas: 3 },
    };
    expect(verdict(patched, moved)).toEqual({});
    expect(verdict(updated, moved)).toEqual({});
  });

  test('a field that it wrote was: that is a conflict, unless by force', () => {
    const theirs = object('u1', { a: 'theirs', b: '1' });
    for (const of of [patched, updated])
      expect(verdict(of, theirs)).toEqual({ conflict: 'ConfigMap shop/it was changed since the transaction wrote it (versions)' });
    expect(verdict(patched, theirs, true)).toEqual({});
    expect(verdict(updated, theirs, true)).toEqual({ within: FIELDS });
  });

  test('another field was: a Patch does not care, and an Update is undone only in what it changed', () => {
    const theirs = object('u1', { a: '2', b: 'theirs', c: 'theirs' }, { note: 'theirs' });
    expect(verdict(patched, theirs)).toEqual({});
    expect(verdict(updated, theirs)).toEqual({ within: FIELDS });
  });

  test('a map that the transaction emptied and others filled again with something else was not', () => {
    const emptied = { ...object('u1'), data: undefined };
    const of = { ...updated, after: afterOf(updated, { uid: 'u1', object: emptied }, before, {}) };
    expect(verdictByContent(of, object('u1', { c: 'theirs' }), false, '').conflict).toBeUndefined();
    expect(verdictByContent(of, object('u1', { a: 'theirs' }), false, '').conflict).toBeDefined();
  });

  test('nothing is kept of what the transaction deleted', () => {
    expect(afterOf(target({ uid: 'u1' }, 'Delete'), { uid: 'u1', object: wrote }, before, {})).toEqual({});
    expect(afterOf(target({ uid: 'u1' }), undefined, before, {})).toEqual({});
  });
});
