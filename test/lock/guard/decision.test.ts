import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/object.ts';
import { CLUSTER_CONTROLLERS } from '../../../src/lock/controllers.ts';
import type { Decision } from '../../../src/lock/denial.ts';
import type { GrantState } from '../../../src/lock/grant-verifier.ts';
import { decideGuard, guardLookups } from '../../../src/lock/guard/decision.ts';
import { lockHolderOf } from '../../../src/lock/holder.ts';
import { statusOf } from '../../../src/lock/denial.ts';
import type { LockRecord, RecordLookup, RecordTarget } from '../../../src/lock/record.ts';
import {
  configMap,
  CREATION_LABEL,
  foundRecord,
  granted,
  NOW,
  OTHER_TX,
  otherRecord,
  outcomeOf,
  recordOf,
  reviewOf,
  TARGET,
  TX,
  UID,
  USERS,
  type Write,
} from '../scenario.ts';

const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true } as const;
const POD = { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true } as const;

const created: RecordTarget = { ...without(TARGET, 'uid'), changes: [{ name: 'make', type: 'Create', order: 0 }], scope: 'fields' };
const deleted: RecordTarget = { ...TARGET, changes: [{ name: 'drop', type: 'Delete', order: 0 }] };
const scaled: RecordTarget = { ...TARGET, kind: DEPLOYMENT, name: 'web', scope: 'fields', scale: true };
const podded: RecordTarget = { ...TARGET, kind: POD, name: 'web-0', scope: 'fields' };

const fresh = (label?: string): KubeObject => configMap({ label, meta: { uid: undefined, resourceVersion: undefined } });
const create: Write = { after: fresh() };
const ownCreate: Write = { by: 'executor', after: fresh(CREATION_LABEL) };
const scaleTo = (replicas: number): Write => ({
  subresource: 'scale',
  kind: { group: 'autoscaling', version: 'v1', kind: 'Scale', resource: 'deployments' },
  before: scaleOf(1),
  after: scaleOf(replicas),
});
const evict: Write = {
  subresource: 'eviction',
  kind: { group: 'policy', version: 'v1', kind: 'Eviction', resource: 'pods' },
  after: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web-0', namespace: 'shop' } },
};

function scaleOf(replicas: number): KubeObject {
  return { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web', namespace: 'shop', uid: UID }, spec: { replicas } };
}

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)) as Omit<T, K>;
}

/** Decides with just the lookups that are asked for, as the webhook does. The resource of a scale is that of the parent. */
function decide(
  write: Write,
  lookups: Readonly<Record<string, RecordLookup>>,
  grant: GrantState = { state: 'none' },
  holder = TX,
): Decision {
  const review = reviewOf(write);
  const group = write.subresource === 'scale' ? 'apps' : '';
  const asked = write.subresource === undefined ? review : { ...review, resource: { ...review.resource, group, version: 'v1' } };
  const needed = guardLookups(holder, grant).map((uid): [string, RecordLookup] => [uid, lookups[uid] ?? { found: 'absent' }]);
  return decideGuard({ review: asked, grant, holder, lookups: new Map(needed), now: NOW, controllers: CLUSTER_CONTROLLERS });
}

const holding = (target: RecordTarget, parts: Partial<LockRecord> = {}): Readonly<Record<string, RecordLookup>> => ({
  [TX]: foundRecord(recordOf({ targets: [target], ...parts })),
});
const outcome = (...given: Parameters<typeof decide>): string => outcomeOf(decide(...given));
const messageOf = (decision: Decision): string => (decision.allow ? '' : decision.message);

describe('a request without a grant that meets a guard', () => {
  test.each([
    ['the create of a name that is to be created', create, created],
    ['the create of a name that was deleted', create, deleted],
    ['a scale', scaleTo(2), scaled],
    ['an eviction', evict, podded],
  ] as const)('is refused for %s, whoever sends it', (_, write, target) => {
    for (const by of Object.keys(USERS) as (keyof typeof USERS)[])
      expect([by, outcome({ ...write, by }, holding(target))]).toEqual([by, 'deny guard-closed 423']);
  });

  test('is refused as a dry run, too', () => {
    expect(outcome({ ...create, dryRun: true }, holding(created))).toBe('deny guard-closed 423');
  });

  test('is told what it is about, and who holds it', () => {
    expect(messageOf(decide(create, holding(created)))).toContain(
      "ConfigMap shop/settings can't be created: its name is locked by transaction shop/checkout (change make, requested by bob) since 2026-01-01T00:00:00Z",
    );
    expect(messageOf(decide(scaleTo(2), holding(scaled)))).toContain(
      "Deployment shop/web can't be scaled: it is locked by transaction shop/checkout",
    );
    expect(messageOf(decide(evict, holding(podded)))).toContain(
      "Pod shop/web-0 can't be evicted: it is locked by transaction shop/checkout",
    );
    const decision = decide(create, holding(created));
    expect(decision.allow ? undefined : lockHolderOf(statusOf(decision))).toEqual({ transaction: TX, since: '2026-01-01T00:00:00Z' });
  });

  test('waits where the transaction lets others wait, but for dry runs and the cluster’s controllers', () => {
    const lookups = holding(scaled, { foreignWrites: 'Delay' });
    expect(outcome(scaleTo(2), lookups)).toBe('deny guard-closed 429');
    expect(outcome({ ...scaleTo(2), by: 'controller' }, lookups)).toBe('deny guard-closed 423');
    expect(outcome({ ...scaleTo(2), dryRun: true }, lookups)).toBe('deny guard-closed 423');
  });

  test.each([
    ['the transaction is committed', create, holding(created, { phase: 'Committed' })],
    ['it is rolled back', create, holding(deleted, { phase: 'RolledBack' })],
    ['its record is gone', create, {}],
    ['the record names another object', create, holding({ ...created, name: 'other' })],
    ['a rollback has put the object back', create, holding({ ...deleted, undone: true }, { phase: 'RollingBack' })],
    ['the object exists all the time', create, holding(TARGET)],
    ['replicas are not locked', scaleTo(2), holding({ ...scaled, scale: false })],
    ['the scale changes nothing', scaleTo(1), holding(scaled)],
  ] as const)('passes where %s', (_, write, lookups) => {
    expect(decide(write, lookups).allow).toBe(true);
  });

  test('is refused where the record can not be read', () => {
    const decision = decide(create, { [TX]: { found: 'unreadable', why: 'the API server did not answer Janus' } });
    expect(outcomeOf(decision)).toBe('deny guard-unreadable 503');
    expect(messageOf(decision)).toContain('the API server did not answer Janus');
  });
});

describe('a grant', () => {
  test.each(['create', 'recreate'] as const)('to %s opens its transaction’s own name', (action) => {
    const phase = action === 'create' ? 'Committing' : 'RollingBack';
    expect(outcome(ownCreate, holding(created, { phase }), granted(action, {}, 'no-uid'))).toBe('allow grant-create');
  });

  test('to create opens nothing without the label that fences it, in another attempt, or when the transaction has ended', () => {
    const grant = granted('create', {}, 'no-uid');
    expect(outcome({ by: 'executor', after: fresh() }, holding(created), grant)).toBe('deny grant-create 403');
    expect(outcome(ownCreate, holding(created, { attempt: 4 }), grant)).toBe('deny grant-record 403');
    expect(outcome(ownCreate, holding(created, { phase: 'RolledBack' }), grant)).toBe('deny grant-record 403');
    expect(outcome(ownCreate, {}, grant)).toBe('deny grant-record 403');
  });

  test('for dry runs opens any name for a dry run, and for nothing else', () => {
    const grant = granted('preflight', { transaction: OTHER_TX }, 'no-uid');
    expect(outcome({ ...create, by: 'executor', dryRun: true }, holding(created), grant)).toBe('allow grant-preflight');
    expect(outcome({ ...create, by: 'executor' }, holding(created), grant)).toBe('deny grant-preflight 403');
  });

  test('opens neither a scale nor an eviction, of its own transaction or another', () => {
    for (const action of ['apply', 'create', 'lock', 'preflight'] as const) {
      const target = { group: 'apps', resource: 'deployments', name: 'web' };
      expect(outcome({ ...scaleTo(2), by: 'executor' }, holding(scaled), granted(action, {}, target))).toBe('deny grant-bound 403');
    }
  });

  test.each(['lock', 'apply', 'restore', 'delete', 'unlock'] as const)('to %s opens no name', (action) => {
    const decision = decide(
      { by: 'executor', after: { ...fresh(), metadata: { ...fresh().metadata, uid: UID } } },
      holding(created),
      granted(action),
    );
    expect(decision.allow).toBe(false);
  });

  test('that is faulty opens nothing', () => {
    expect(outcome(create, holding(created), { state: 'faulty', fault: 'expired', words: 'it has expired' })).toBe('deny grant-faulty 403');
  });
});

describe('the names of two transactions', () => {
  const shop = { namespace: 'shop', name: 'audit', uid: OTHER_TX };
  const since = (second: number): string => `2026-01-01T00:00:0${String(second)}Z`;

  /** Whether TX may create what OTHER_TX has reserved, and the other way round. */
  function bothWays(mine: RecordTarget, theirs: RecordTarget, ages: readonly [number, number]): readonly [string, string] {
    const lookups = {
      [TX]: foundRecord(recordOf({ targets: [mine], lockedSince: since(ages[0]) })),
      [OTHER_TX]: foundRecord(otherRecord({ targets: [theirs], lockedSince: since(ages[1]), transaction: shop })),
    };
    const label = CREATION_LABEL.replace(TX, OTHER_TX);
    return [
      outcome(ownCreate, lookups, granted('create', {}, 'no-uid'), OTHER_TX),
      outcome({ by: 'executor', after: fresh(label) }, lookups, granted('create', { transaction: OTHER_TX }, 'no-uid'), TX),
    ];
  }
  const anew: RecordTarget = { ...deleted, changes: [...deleted.changes, { name: 'make', type: 'Create', order: 1 }] };

  test.each([
    ['the older, where both only create it', created, created, [1, 2], ['allow grant-create', 'deny grant-over-name 423']],
    ['the older, the other way round', created, created, [2, 1], ['deny grant-over-name 423', 'allow grant-create']],
    ['the one that had the object there, though it is younger', anew, created, [2, 1], ['allow grant-create', 'deny grant-over-name 423']],
    ['one of them, though they began at the same time', created, created, [1, 1], ['allow grant-create', 'deny grant-over-name 423']],
  ] as const)('go to %s', (_, mine, theirs, ages, expected) => {
    expect(bothWays(mine, theirs, ages)).toEqual(expected);
  });

  test('are never refused to both', () => {
    const chain = fc.constantFrom(created, anew);
    fc.assert(
      fc.property(chain, chain, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), (mine, theirs, one, other) => {
        const answers = bothWays(mine, theirs, [one, other]);
        expect([...answers].sort()).toEqual(['allow grant-create', 'deny grant-over-name 423']);
      }),
    );
  });

  test('are not decided while the other’s record can not be read', () => {
    const lookups = { ...holding(created), [OTHER_TX]: { found: 'unreadable', why: 'nobody answers' } as const };
    expect(outcome(ownCreate, lookups, granted('create', {}, 'no-uid'), OTHER_TX)).toBe('deny grant-over-name 503');
  });

  test('are free where the other has ended', () => {
    const lookups = { ...holding(created), [OTHER_TX]: foundRecord(otherRecord({ targets: [created], phase: 'Committed' })) };
    expect(outcome(ownCreate, lookups, granted('create', {}, 'no-uid'), OTHER_TX)).toBe('allow grant-create');
  });
});

describe('whatever a guard is asked', () => {
  test('it answers without a throw, and lets a guarded way be taken by nobody without a grant', () => {
    const writes = fc.constantFrom<Write>(
      create,
      scaleTo(2),
      evict,
      ownCreate,
      { before: configMap() },
      { before: configMap(), after: configMap() },
    );
    const targets = fc.subarray([created, deleted, scaled, podded, TARGET]);
    const phases = fc.constantFrom<LockRecord['phase']>('Preparing', 'Committing', 'Committed', 'RollingBack', 'RolledBack', 'Failed');
    fc.assert(
      fc.property(writes, targets, phases, fc.constantFrom(...(Object.keys(USERS) as (keyof typeof USERS)[])), (write, some, phase, by) => {
        const decision = decide({ ...write, by }, holding(TARGET, { targets: some, phase }));
        expect(decision.allow || [423, 429].includes(decision.code)).toBe(true);
        if (phase === 'Committed' || phase === 'RolledBack') expect(decision.allow).toBe(true);
      }),
    );
  });
});
