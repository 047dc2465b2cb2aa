import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kube/object.ts';
import { judged } from '../../src/transaction/judged.ts';
import type { SagaTarget } from '../../src/transaction/record.ts';

const transaction = { uid: '11111111-2222-3333-4444-555555555555' };
const target: SagaTarget = {
  kind: { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
  namespace: 'shop',
  name: 'settings',
  changes: [{ name: 'a', type: 'Delete', order: 0 }],
  scope: 'object',
  lockBy: 'patch',
};
const owned = (uid: string, manager: string, time: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', uid, managedFields: [{ manager, operation: 'Apply', time, fieldsV1: { 'f:data': {} } }] },
});
const before = owned('before', 'flux', '2026-01-01T00:00:00Z');

describe('an object without our lock, found when a rollback is taken over,', () => {
  test('needs nothing where there was none before', () => {
    expect(judged(transaction, target, undefined, owned('other', 'kubectl', 'now')).target.undone).toBe(true);
  });

  test('is still to be made again where it is missing', () => {
    expect(judged(transaction, target, before, undefined)).toEqual({ target, inexact: [] });
  });

  test('was put back where it is the same and nothing of ours is in it', () => {
    expect(judged(transaction, target, before, before)).toEqual({ target: { ...target, undone: true }, inexact: [] });
  });

  test('lost its lock where our changes are still in it', () => {
    const changed = owned('before', `janus-txn-${transaction.uid.slice(0, 8)}-0`, 'now');
    expect(judged(transaction, target, before, changed).target.conflict).toContain(
      'lost its lock: somebody broke it, before it was put back',
    );
  });

  test('was made again, and not exactly, where it has another uid and the owners of before', () => {
    const { target: found, inexact } = judged(transaction, target, before, owned('anew', 'flux', '2026-01-01T00:00:00Z'));
    expect(found.undone).toBe(true);
    expect(inexact).toEqual(['ConfigMap shop/settings: metadata.uid (the object was made anew)']);
  });

  test('is somebody else’s where it has another uid and owners of a later time', () => {
    const { target: found } = judged(transaction, target, before, owned('anew', 'flux', '2026-01-01T00:00:07Z'));
    expect(found.undone).toBeUndefined();
    expect(found.conflict).toContain('somebody else created it (uid anew)');
  });

  describe('made by the owner of before in the second in which that was made,', () => {
    const second = '2026-01-01T00:00:00Z';
    const anew = (data: Readonly<Record<string, string>>, creationTimestamp: string): KubeObject => {
      const object = owned('anew', 'flux', second);
      return { ...object, metadata: { ...object.metadata, creationTimestamp }, data };
    };
    const had = { ...before, data: { a: '1' } };

    test('is somebody else’s where it has other values', () => {
      expect(judged(transaction, target, had, anew({ a: '2' }, second)).target.conflict).toContain('somebody else created it (uid anew)');
    });

    test('was made again where it has the values of before', () => {
      expect(judged(transaction, target, had, anew({ a: '1' }, second)).target.undone).toBe(true);
    });

    test('was made again, whatever has been written since, where it came into being later than its owner wrote', () => {
      expect(judged(transaction, target, had, anew({ a: '2' }, '2026-01-01T00:00:09Z')).target.undone).toBe(true);
    });
  });
});
