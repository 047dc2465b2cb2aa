import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { belongsTo, byExecution } from '../../src/api/resource-change.ts';
import type { ResourceChange } from '../../src/api/resource-change.ts';

const change = (name: string, order?: number): ResourceChange => ({
  apiVersion: 'tx.janus.io/v1alpha1',
  kind: 'ResourceChange',
  metadata: { name },
  spec: { target: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a' }, type: 'Delete', ...(order === undefined ? {} : { order }) },
});

describe('byExecution', () => {
  test('goes by order, then by name; no order is 0', () => {
    const changes = [change('b', 1), change('z'), change('a', 1), change('y', 0), change('x', -1)];
    expect(changes.toSorted(byExecution).map(({ metadata }) => metadata.name)).toEqual(['x', 'y', 'z', 'a', 'b']);
  });

  test('gives one sequence, whatever it starts from', () => {
    const changes = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9-]{0,5}$/), fc.integer({ min: -2, max: 2 })), {
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(changes, (pairs) => {
        const built = pairs.map(([name, order]) => change(name, order));
        expect(built.toReversed().toSorted(byExecution)).toEqual(built.toSorted(byExecution));
      }),
    );
  });
});

describe('belongsTo', () => {
  test('goes by the uid of an owner', () => {
    const owner = { apiVersion: 'tx.janus.io/v1alpha1', kind: 'Transaction', name: 'release', uid: 'u1' };
    expect(belongsTo({ metadata: { ownerReferences: [owner] } }, 'u1')).toBe(true);
    expect(belongsTo({ metadata: { ownerReferences: [owner] } }, 'u2')).toBe(false);
    expect(belongsTo({ metadata: {} }, 'u1')).toBe(false);
  });
});
