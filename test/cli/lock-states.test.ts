import { describe, expect, test } from 'vitest';
import type { Phase, Transaction } from '../../src/api/transaction.ts';
import { lockData, lockNames, lockTable } from '../../src/cli/lock-output.ts';
import { stateOf } from '../../src/cli/lock-states.ts';
import { lockableKinds, type LockedObject } from '../../src/cli/locked-objects.ts';
import type { ResourceKind } from '../../src/kube/object.ts';
import { lockLabelFor, parseLockLabel } from '../../src/lock/label.ts';

const TX = '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b';
const UID = '3f95c800-1111-4222-8333-444455556666';
const NOW = Date.parse('2026-01-01T00:02:10Z');

const kind = (group: string, name: string, resource: string, more: Partial<ResourceKind> = {}): ResourceKind => ({
  group,
  version: 'v1',
  kind: name,
  resource,
  namespaced: true,
  ...more,
});
const DEPLOYMENTS = kind('apps', 'Deployment', 'deployments', { singular: 'deployment' });

function locked(ref: LockedObject['ref'] = { kind: DEPLOYMENTS, namespace: 'shop', name: 'web' }): LockedObject {
  const lock = parseLockLabel(lockLabelFor(TX, 2, UID));
  if (lock === undefined) throw new Error('no lock');
  return { ref, uid: UID, lock };
}

function transaction(phase: Phase, timeout?: string): Transaction {
  return {
    apiVersion: 'tx.janus.io/v1alpha1',
    kind: 'Transaction',
    metadata: { namespace: 'shop', name: 'move-db', uid: TX },
    spec: { serviceAccountName: 'deployer', sealed: true, ...(timeout === undefined ? {} : { timeout }) },
    status: { phase, version: 3, itemsTotal: 5, itemsCommitted: 2, holder: 'alice', startedAt: '2026-01-01T00:00:10Z' },
  };
}

const seen = (phase: Phase, timeout?: string) => stateOf(locked(), { byUid: new Map([[TX, transaction(phase, timeout)]]), all: false });

describe('the state of a lock', () => {
  test.each([
    ['Preparing', 'Held', '2026-01-01T00:30:10.000Z'],
    ['Committing', 'Held', '2026-01-01T00:30:10.000Z'],
    ['RollingBack', 'Held', undefined],
    ['Failed', 'Held', undefined],
    ['Committed', 'Void', undefined],
    ['RolledBack', 'Void', undefined],
  ] as const)('of a Transaction that is %s is %s, until %s', (phase, state, until) => {
    expect(seen(phase)).toMatchObject({ state, phase, holder: 'alice', progress: { committed: 2, total: 5 } });
    expect(seen(phase).until).toBe(until);
  });

  test('ends by spec.timeout', () => {
    expect(seen('Committing', '90s').until).toBe('2026-01-01T00:01:40.000Z');
  });

  test('is Orphaned where there is no such Transaction, and Unknown where one may not see all', () => {
    expect(stateOf(locked(), { byUid: new Map(), all: true }).state).toBe('Orphaned');
    expect(stateOf(locked(), { byUid: new Map(), all: false }).state).toBe('Unknown');
  });
});

describe('what is printed', () => {
  const unknown = stateOf(locked({ kind: kind('', 'Namespace', 'namespaces', { namespaced: false }), name: 'shop' }), {
    byUid: new Map(),
    all: false,
  });
  const skipped = [{ kind: 'secrets', why: 'you may not list them' }];

  test('as a table has who, since when, how far and until when, and of what is not known the uid', () => {
    expect(lockTable([seen('Committing'), unknown], NOW, { width: Infinity }).split('\n')).toEqual([
      'NAMESPACE   OBJECT                STATE     TRANSACTION                            PHASE        DONE   HOLDER   SINCE    UNTIL',
      'shop        deployment.apps/web   Held      shop/move-db                           Committing   2/5    alice    2m ago   in 28m',
      `-           namespace/shop        Unknown   ${TX}   -            -      -        -        -`,
    ]);
  });

  test('as names is what kubectl takes', () => {
    expect(lockNames([seen('Committing'), unknown])).toEqual(['deployment.apps/web', 'namespace/shop']);
  });

  test('as data names what was left out', () => {
    expect(lockData([seen('Committing')], skipped)).toEqual({
      items: [
        {
          object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: UID },
          state: 'Held',
          transaction: { namespace: 'shop', name: 'move-db', uid: TX },
          attempt: 2,
          phase: 'Committing',
          progress: { committed: 2, total: 5 },
          holder: 'alice',
          since: '2026-01-01T00:00:10Z',
          until: '2026-01-01T00:30:10.000Z',
        },
      ],
      skipped,
    });
    expect(lockData([unknown], skipped)).toMatchObject({ items: [{ state: 'Unknown' }] });
  });

  test('is nothing where there is nothing', () => {
    expect(lockTable([], NOW, { width: 80 })).toBe('');
  });
});

describe('the kinds that are looked at', () => {
  test('are each resource once, in the version that the server prefers, if it can be listed and locked', () => {
    const kinds = [
      DEPLOYMENTS,
      { ...DEPLOYMENTS, version: 'v1beta1' },
      kind('', 'Event', 'events'),
      kind('', 'Binding', 'bindings', { verbs: ['create'] }),
      kind('tx.janus.io', 'Transaction', 'transactions'),
      kind('authorization.k8s.io', 'SubjectAccessReview', 'subjectaccessreviews'),
      kind('', 'Endpoints', 'endpoints', { verbs: ['get', 'list'] }),
    ];
    expect(lockableKinds(kinds).map(({ resource, version }) => `${resource}.${version}`)).toEqual(['deployments.v1', 'endpoints.v1']);
  });
});
