import { describe, expect, test } from 'vitest';
import type { GrantAction } from '../../src/lock/claims.ts';
import { creationLabelFor, lockLabelFor } from '../../src/lock/label.ts';
import { GRANT_REFUSED } from '../../src/lock/refuse.ts';
import {
  ATTEMPT,
  configMap,
  CREATION_LABEL,
  decisionOn,
  foundRecord,
  granted,
  LABEL,
  labelled,
  OTHER_TX,
  otherRecord,
  outcomeOf,
  recordOf,
  TX,
  UID,
  written,
  type Case,
} from './scenario.ts';

const free = configMap();
const locked = configMap({ label: LABEL });
const changed = written(locked, { data: { a: '2' } });
const otherUid = '3f95c800-9999-4222-8333-444455556666';
const oldLock = lockLabelFor(TX, ATTEMPT - 1, UID);
const foreignLock = lockLabelFor(OTHER_TX, 9, UID);
const creating = { changes: [{ name: 'add', type: 'Create', order: 0 }] } as const;
const known = (...args: Parameters<typeof recordOf>) => ({ [TX]: foundRecord(recordOf(...args)) });
const unreadable = { found: 'unreadable', why: 'timeout' } as const;

/** The request that fits each action. */
const FITTING: Readonly<Record<GrantAction, Case>> = {
  preflight: { before: locked, after: changed, dryRun: true, grant: granted('preflight') },
  lock: { before: free, after: written(labelled(free, LABEL)), grant: granted('lock') },
  apply: { before: locked, after: changed, grant: granted('apply') },
  restore: { before: locked, after: changed, grant: granted('restore') },
  create: { after: configMap({ label: CREATION_LABEL }), grant: granted('create', {}, 'no-uid'), lookups: known({}, creating) },
  recreate: {
    after: configMap({ label: CREATION_LABEL }),
    grant: granted('recreate', {}, 'no-uid'),
    lookups: known({ phase: 'RollingBack' }),
  },
  delete: { before: locked, grant: granted('delete') },
  unlock: { before: locked, after: written(free), grant: granted('unlock') },
};
const ACTIONS = Object.keys(FITTING) as GrantAction[];
const RULE: Readonly<Record<GrantAction, string>> = {
  preflight: 'grant-preflight',
  lock: 'grant-lock',
  apply: 'grant-apply',
  restore: 'grant-apply',
  create: 'grant-create',
  recreate: 'grant-create',
  delete: 'grant-delete',
  unlock: 'grant-unlock',
};

const on = (given: Case) => outcomeOf(decisionOn({ by: 'executor', ...given }));

function decides(cases: readonly (readonly [string, Case, string])[]): void {
  test.each(cases)('%s', (_, given, outcome) => {
    expect(on(given)).toBe(outcome);
  });
}

describe('each action', () => {
  test.each(ACTIONS)('%s passes with the request that fits it', (action) => {
    expect(on(FITTING[action])).toBe(`allow ${RULE[action]}`);
  });

  test('passes with no request that fits another, but for apply and restore', () => {
    for (const action of ACTIONS) {
      for (const [name, given] of Object.entries(FITTING)) {
        if (RULE[name as GrantAction] === RULE[action] || name === 'preflight') continue;
        const grant = granted(action, {}, ['create', 'recreate'].includes(name) ? 'no-uid' : {});
        expect([action, name, on({ ...given, grant })]).toEqual([action, name, expect.stringMatching(/^deny/) as string]);
      }
    }
  });

  test.each(ACTIONS)('%s is denied where the grant is faulty', (action) => {
    expect(on({ ...FITTING[action], grant: { state: 'faulty', fault: 'expired', words: 'it has expired' } })).toBe('deny grant-faulty 403');
  });

  test.each(ACTIONS)('%s is denied without a grant', (action) => {
    expect(on({ ...FITTING[action], grant: { state: 'none' } })).toMatch(/^deny (held|label-added)/);
  });

  test.each(ACTIONS)('%s is denied to a bearer that is no ServiceAccount', (action) => {
    expect(on({ ...FITTING[action], by: 'admin' })).toBe('deny grant-bound 403');
  });

  test.each(ACTIONS)('%s is denied to another bearer than the grant names, whether or not the record is read', (action) => {
    const bearer = 'system:serviceaccount:shop:deployer';
    expect(on({ ...FITTING[action], grant: granted(action, { bearer }, ['create', 'recreate'].includes(action) ? 'no-uid' : {}) })).toMatch(
      /^allow/,
    );
    expect(
      on({ ...FITTING[action], by: 'flux', grant: granted(action, { bearer }, ['create', 'recreate'].includes(action) ? 'no-uid' : {}) }),
    ).toBe('deny grant-bound 403');
  });

  test.each(ACTIONS)('%s is denied at a subresource', (action) => {
    for (const subresource of ['status', 'scale', 'eviction']) expect(on({ ...FITTING[action], subresource })).toBe('deny grant-bound 403');
  });

  test.each(ACTIONS)('%s is denied where the grant is for another object', (action) => {
    const given = FITTING[action];
    const uidPart = ['create', 'recreate'].includes(action) ? { uid: undefined } : {};
    for (const target of [{ group: 'apps' }, { resource: 'secrets' }, { namespace: 'other' }, { name: 'other' }]) {
      const grant = granted(action, {}, { ...target, ...(uidPart as object) });
      expect([target, on({ ...given, grant })]).toEqual([target, 'deny grant-bound 403']);
    }
  });

  test.each(ACTIONS)('%s is denied where the object was replaced by another of its name', (action) => {
    expect(on({ ...FITTING[action], grant: granted(action, {}, { uid: otherUid }) })).toBe('deny grant-bound 403');
  });

  test.each(['lock', 'apply', 'restore', 'delete', 'unlock'] as const)('%s is denied where the grant names no uid', (action) => {
    expect(on({ ...FITTING[action], grant: granted(action, {}, 'no-uid') })).toBe('deny grant-bound 403');
  });

  test.each(['lock', 'apply', 'restore', 'create', 'recreate', 'delete', 'unlock'] as const)(
    '%s is denied where the grant is of another transaction',
    (action) => {
      const given = FITTING[action];
      const claims = { transaction: OTHER_TX };
      const lookups = {
        ...given.lookups,
        [TX]: foundRecord(recordOf()),
        [OTHER_TX]: foundRecord(otherRecord({ phase: action === 'recreate' ? 'RollingBack' : 'Committing' })),
      };
      const grant = granted(action, claims, ['create', 'recreate'].includes(action) ? 'no-uid' : {});
      expect(on({ ...given, lookups, grant })).toMatch(/^deny grant/);
    },
  );

  test.each(['lock', 'apply', 'restore', 'create', 'recreate', 'delete', 'unlock'] as const)(
    '%s is denied where the grant is of another attempt',
    (action) => {
      for (const attempt of [ATTEMPT - 1, ATTEMPT + 1]) {
        const grant = granted(action, { attempt }, ['create', 'recreate'].includes(action) ? 'no-uid' : {});
        expect(on({ ...FITTING[action], grant })).toMatch(/^deny grant/);
      }
    },
  );

  test.each(ACTIONS)('%s refused says that the grant did not fit, to people and to machines', (action) => {
    const decision = decisionOn({ by: 'admin', ...FITTING[action] });
    expect(decision).toMatchObject({
      message: expect.stringContaining(`ConfigMap shop/settings: the request does not fit the grant to ${action}`) as string,
      causes: [{ reason: GRANT_REFUSED, field: 'grant-bound' }],
    });
  });
});

describe('preflight', () => {
  decides([
    [
      'passes over the lock of another transaction',
      { before: labelled(free, foreignLock), after: labelled(changed, foreignLock), dryRun: true, grant: granted('preflight') },
      'allow grant-preflight',
    ],
    ['passes for a delete', { before: locked, dryRun: true, grant: granted('preflight') }, 'allow grant-preflight'],
    [
      'passes for a create',
      { after: configMap({ label: CREATION_LABEL, meta: { uid: undefined } }), dryRun: true, grant: granted('preflight', {}, 'no-uid') },
      'allow grant-preflight',
    ],
    ['never writes', { ...FITTING.preflight, dryRun: false }, 'deny grant-preflight 403'],
  ]);
});

describe('lock', () => {
  const lock = (more: Partial<Case>): Case => ({ ...FITTING.lock, ...more });
  const over = (label: string, more: Partial<Case> = {}): Case => ({
    before: labelled(free, label),
    after: written(locked),
    grant: granted('lock'),
    ...more,
  });
  decides([
    ['passes in each open phase: Preparing', lock({ lookups: known({ phase: 'Preparing' }) }), 'allow grant-lock'],
    ['passes in each open phase: RollingBack', lock({ lookups: known({ phase: 'RollingBack' }) }), 'allow grant-lock'],
    ['passes in each open phase: Failed', lock({ lookups: known({ phase: 'Failed' }) }), 'allow grant-lock'],
    [
      'passes where the kind counts its labels as a generation, as EndpointSlices do',
      lock({ after: written(labelled(free, LABEL), { meta: { generation: 2 } }) }),
      'allow grant-lock',
    ],
    ['is denied for a committed transaction', lock({ lookups: known({ phase: 'Committed' }) }), 'deny grant-record 403'],
    ['is denied for a transaction that was rolled back', lock({ lookups: known({ phase: 'RolledBack' }) }), 'deny grant-record 403'],
    ['is denied without a record', lock({ lookups: {} }), 'deny grant-record 403'],
    ['is denied where the record can not be read', lock({ lookups: { [TX]: unreadable } }), 'deny grant-record 503'],
    [
      'is denied in an attempt that another executor took over',
      lock({ lookups: known({ attempt: ATTEMPT + 1 }) }),
      'deny grant-record 403',
    ],
    ['is denied to another ServiceAccount', lock({ by: 'flux' }), 'deny grant-bound 403'],
    ['is denied for an object that the record does not name', lock({ lookups: known({ targets: [] }) }), 'deny grant-lock 403'],
    [
      'is denied for an object that was replaced since it was planned',
      lock({ lookups: known({}, { uid: otherUid }) }),
      'deny grant-lock 403',
    ],
    ['is denied where it changes anything else', lock({ after: written(labelled(free, LABEL), { data: {} }) }), 'deny grant-lock 403'],
    [
      'is denied where it changes another label',
      lock({ after: written(labelled(free, LABEL), { meta: { labels: { 'tx.janus.io/lock': LABEL } } }) }),
      'deny grant-lock 403',
    ],
    [
      'is denied where it adds a finalizer',
      lock({ after: written(labelled(free, LABEL), { meta: { finalizers: ['x'] } }) }),
      'deny grant-lock 403',
    ],
    ['is denied where it sets no lock', lock({ after: written(free, { data: {} }) }), 'deny grant-lock 403'],
    ['is denied with a creation label', lock({ after: written(labelled(free, CREATION_LABEL)) }), 'deny grant-lock 403'],
    [
      'is denied with the label of another attempt',
      lock({ after: written(labelled(free, lockLabelFor(TX, ATTEMPT + 1, UID))) }),
      'deny grant-lock 403',
    ],
    [
      'passes on an object that had no labels',
      lock({ before: configMap({ meta: { labels: undefined } }), after: configMap({ meta: { labels: { 'tx.janus.io/lock': LABEL } } }) }),
      'allow grant-lock',
    ],
    ['passes over an earlier attempt of its own', over(oldLock), 'allow grant-lock'],
    [
      'passes over its own creation label of an earlier attempt',
      over(creationLabelFor(TX, ATTEMPT - 1, { group: '', resource: 'configmaps', namespace: 'shop', name: 'settings' })),
      'allow grant-lock',
    ],
    [
      'keeps the creation label of what the transaction created, in a new attempt',
      over(creationLabelFor(TX, ATTEMPT - 1, { group: '', resource: 'configmaps', namespace: 'shop', name: 'settings' }), {
        after: written(labelled(free, CREATION_LABEL)),
      }),
      'allow grant-lock',
    ],
    [
      'is denied where it turns a lock by uid into a creation label',
      over(oldLock, { after: written(labelled(free, CREATION_LABEL)) }),
      'deny grant-lock 403',
    ],
    [
      'passes over its own lock of an object that was created again',
      over(oldLock, { lookups: known({}, { uid: otherUid }) }),
      'allow grant-lock',
    ],
    ['is denied over the same label, since that would fence nobody', over(LABEL), 'deny grant-lock 403'],
    ['is denied over a later attempt of its own', over(lockLabelFor(TX, ATTEMPT + 1, UID)), 'deny grant-lock 403'],
    ['passes over a copied label', over(lockLabelFor(OTHER_TX, 1, otherUid.replace('3', '4'))), 'allow grant-lock'],
    [
      'passes over the void lock of another transaction',
      over(foreignLock, { lookups: { ...known(), [OTHER_TX]: foundRecord(otherRecord({ phase: 'Committed' })) } }),
      'allow grant-lock',
    ],
    ['passes over the lock of a transaction without a record', over(foreignLock, { lookups: known() }), 'allow grant-lock'],
    [
      'is refused by the lock of another transaction',
      over(foreignLock, { lookups: { ...known(), [OTHER_TX]: foundRecord(otherRecord()) } }),
      'deny grant-lock 423',
    ],
    [
      'is never delayed by it',
      over(foreignLock, { lookups: { ...known(), [OTHER_TX]: foundRecord(otherRecord({ foreignWrites: 'Delay' })) } }),
      'deny grant-lock 423',
    ],
    [
      'is denied where it can not be found out whether that lock holds',
      over(foreignLock, { lookups: { ...known(), [OTHER_TX]: unreadable } }),
      'deny grant-lock 503',
    ],
  ]);

  test('learns who holds the object and since when', () => {
    const decision = decisionOn({
      by: 'executor',
      ...over(foreignLock, { lookups: { ...known(), [OTHER_TX]: foundRecord(otherRecord()) } }),
    });
    expect(decision).toMatchObject({ causes: [{ reason: 'LockedBy', field: OTHER_TX, message: '2025-12-31T23:59:00Z' }] });
  });
});

describe('apply and restore', () => {
  const apply = (more: Partial<Case>): Case => ({ ...FITTING.apply, ...more });
  decides([
    ['need no record', apply({ lookups: { [TX]: unreadable } }), 'allow grant-apply'],
    ['are denied on an object that carries no lock any more', apply({ before: free, after: changed }), 'deny grant-apply 403'],
    [
      'are denied on an object that a later attempt locked',
      apply({ before: labelled(locked, lockLabelFor(TX, ATTEMPT + 1, UID)) }),
      'deny grant-apply 403',
    ],
    ['are denied on an object that another transaction locked', apply({ before: labelled(locked, foreignLock) }), 'deny grant-apply 403'],
    ['are denied where they take the lock off', apply({ after: labelled(changed, undefined) }), 'deny grant-apply 403'],
    [
      'are denied where they change the lock',
      apply({ after: labelled(changed, lockLabelFor(TX, ATTEMPT + 1, UID)) }),
      'deny grant-apply 403',
    ],
    [
      'pass on an object that the transaction created',
      apply({ before: labelled(locked, CREATION_LABEL), after: labelled(changed, CREATION_LABEL) }),
      'allow grant-apply',
    ],
    [
      'are denied where they would create (server-side apply of a missing object)',
      apply({ before: undefined, after: locked }),
      'deny grant-apply 403',
    ],
  ]);
});

describe('create and recreate', () => {
  const create = (more: Partial<Case>): Case => ({ ...FITTING.create, ...more });
  const recreate = (more: Partial<Case>): Case => ({ ...FITTING.recreate, ...more });
  decides([
    ['are denied on a name that is taken', create({ before: free, after: labelled(free, CREATION_LABEL) }), 'deny grant-create 403'],
    [
      'are denied on a name that is taken by a copy of the label',
      create({ before: labelled(free, CREATION_LABEL), after: labelled(changed, CREATION_LABEL) }),
      'deny grant-create 403',
    ],
    ['are denied without the creation label', create({ after: free }), 'deny grant-create 403'],
    [
      'are denied with the creation label of another name',
      create({
        after: configMap({ label: creationLabelFor(TX, ATTEMPT, { group: '', resource: 'configmaps', namespace: 'shop', name: 'other' }) }),
      }),
      'deny grant-create 403',
    ],
    [
      'are denied with the creation label of another attempt',
      create({
        after: configMap({
          label: creationLabelFor(TX, ATTEMPT + 1, { group: '', resource: 'configmaps', namespace: 'shop', name: 'settings' }),
        }),
      }),
      'deny grant-create 403',
    ],
    ['are denied with a lock by uid', create({ after: locked }), 'deny grant-create 403'],
    ['are denied without a record', create({ lookups: {} }), 'deny grant-record 403'],
    ['are denied where the record can not be read', create({ lookups: { [TX]: unreadable } }), 'deny grant-record 503'],
    ['are denied for an object that the record does not name', create({ lookups: known({ targets: [] }) }), 'deny grant-create 403'],
    ['create is denied where the record plans no Create', create({ lookups: known() }), 'deny grant-create 403'],
    [
      'create is denied once the rollback began: a late create must not land',
      create({ lookups: known({ phase: 'RollingBack' }, creating) }),
      'deny grant-record 403',
    ],
    ['create is denied once it ended', create({ lookups: known({ phase: 'RolledBack' }, creating) }), 'deny grant-record 403'],
    [
      'create is denied in an attempt that another executor took over',
      create({ lookups: known({ attempt: ATTEMPT + 1 }, creating) }),
      'deny grant-record 403',
    ],
    ['create is denied to another ServiceAccount', create({ by: 'flux' }), 'deny grant-bound 403'],
    ['recreate is denied while the transaction goes on', recreate({ lookups: known() }), 'deny grant-record 403'],
    ['recreate passes while what failed is tried again', recreate({ lookups: known({ phase: 'Failed' }) }), 'allow grant-create'],
    [
      'recreate passes though the object of old had another uid',
      recreate({ lookups: known({ phase: 'RollingBack' }, { uid: otherUid }) }),
      'allow grant-create',
    ],
  ]);
});

describe('delete', () => {
  const remove = (more: Partial<Case>): Case => ({ ...FITTING.delete, ...more });
  decides([
    ['needs no record', remove({ lookups: { [TX]: unreadable } }), 'allow grant-delete'],
    ['passes on an object that the transaction created', remove({ before: labelled(locked, CREATION_LABEL) }), 'allow grant-delete'],
    ['is denied on an object that another transaction locked', remove({ before: labelled(locked, foreignLock) }), 'deny grant-delete 403'],
    [
      'is denied on an object that a later attempt locked',
      remove({ before: labelled(locked, lockLabelFor(TX, ATTEMPT + 1, UID)) }),
      'deny grant-delete 403',
    ],
    [
      'is denied on an object that carries a copy',
      remove({ before: labelled(locked, lockLabelFor(TX, ATTEMPT, 'aaaaaaaa-9999-4222-8333-444455556666')) }),
      'deny grant-delete 403',
    ],
    ['is denied for an update', remove({ after: changed }), 'deny grant-delete 403'],
  ]);
});

describe('unlock', () => {
  const unlock = (more: Partial<Case>): Case => ({ ...FITTING.unlock, ...more });
  decides([
    ['needs no record', unlock({ lookups: { [TX]: unreadable } }), 'allow grant-unlock'],
    [
      'passes where the lock was the only label',
      unlock({ before: configMap({ meta: { labels: { 'tx.janus.io/lock': LABEL } } }), after: configMap({ meta: { labels: undefined } }) }),
      'allow grant-unlock',
    ],
    ['may write managedFields', unlock({ after: written(free, { meta: { managedFields: [] } }) }), 'allow grant-unlock'],
    ['is denied where it changes values', unlock({ after: written(free, { data: {} }) }), 'deny grant-unlock 403'],
    [
      'is denied where it changes annotations',
      unlock({ after: written(free, { meta: { annotations: { a: 'b' } } }) }),
      'deny grant-unlock 403',
    ],
    ['is denied where it changes finalizers', unlock({ after: written(free, { meta: { finalizers: ['a'] } }) }), 'deny grant-unlock 403'],
    ['is denied where it changes another label', unlock({ after: written(free, { meta: { labels: {} } }) }), 'deny grant-unlock 403'],
    ['is denied where it keeps the lock', unlock({ after: changed }), 'deny grant-unlock 403'],
    [
      'is denied where it leaves another label in its place',
      unlock({ after: written(labelled(free, 'nothing')) }),
      'deny grant-unlock 403',
    ],
    ['is denied on the lock of another transaction', unlock({ before: labelled(locked, foreignLock) }), 'deny grant-unlock 403'],
    ['is denied for a delete', unlock({ after: undefined }), 'deny grant-unlock 403'],
  ]);
});
