import { describe, expect, test } from 'vitest';
import { granted, history, KEY, lock, OTHER, record, state, states, stranger, UID, whole } from './by-hand.ts';
import { violationsIn } from './check.ts';
import type { ObjectWrite, RecordWrite, Writer } from './history.ts';

const FOUND = state({ a: 'old', b: '1' });
const LOCKED = state({ a: 'old', b: '1' }, { labels: lock()! });
const APPLIED = state({ a: 'new', b: '1' }, { labels: lock()! });
const COMMITTED = state({ a: 'new', b: '1' });
const COMMIT = [record(1, 'Preparing'), record(12, 'Committing'), record(30, 'Committed')];
const ABORT = [record(1, 'Preparing'), record(12, 'Committing'), record(25, 'RollingBack'), record(50, 'RolledBack')];

const committed = (...between: readonly (readonly [number, ObjectWrite['after'], Writer?])[]): ObjectWrite[] =>
  states(FOUND, [10, LOCKED, granted('lock')], ...between, [20, APPLIED, granted('apply')], [40, COMMITTED, granted('unlock')]);
const rules = (writes: readonly ObjectWrite[], records: readonly RecordWrite[], phase: string): readonly string[] =>
  violationsIn(history(writes, records, phase)).map(({ rule }) => rule);

describe('a history without fault', () => {
  test('of a commit', () => {
    expect(violationsIn(history(committed(), COMMIT, 'Committed'))).toEqual([]);
  });

  test('of a rollback', () => {
    const writes = states(
      FOUND,
      [10, LOCKED, granted('lock')],
      [20, APPLIED, granted('apply')],
      [30, LOCKED, granted('restore')],
      [40, FOUND, granted('unlock')],
    );
    expect(violationsIn(history(writes, ABORT, 'RolledBack'))).toEqual([]);
  });

  test('of a lock that was put over a void one, whose traces go with it', () => {
    const traces = [
      { manager: 'janus-lock', operation: 'Update', fieldsV1: { 'f:metadata': { 'f:labels': { 'f:tx.janus.io/lock': {} } } } },
    ] as const;
    const found = state({ a: 'old' }, { labels: lock(OTHER)!, managedFields: traces });
    const held = state({ a: 'old' }, { labels: lock()!, managedFields: traces });
    const writes = states(found, [10, held, granted('lock')], [40, state({ a: 'old' }), granted('unlock')]);
    const records = [...ABORT, record(2, 'Preparing', {}, OTHER), record(3, 'Committing', {}, OTHER), record(4, 'Committed', {}, OTHER)];
    expect(violationsIn(history(writes, records, 'RolledBack'))).toEqual([]);
  });

  test.each<[string, ObjectWrite['after'], Writer]>([
    ['a field that is not locked', state({ a: 'old', b: '2' }, { labels: lock()! }), stranger()],
    ['an annotation', state({ a: 'old', b: '1' }, { labels: lock()!, annotations: { note: 'x' } }), stranger()],
    ['a finalizer of an object that stays', state({ a: 'old', b: '1' }, { labels: lock()!, finalizers: ['x/y'] }), stranger()],
    ['managedFields only', state({ a: 'old', b: '1' }, { labels: lock()!, managedFields: [{ manager: 'x' }] }), stranger()],
    ['the status', state({ a: 'old', b: '1' }, { labels: lock()! }, { status: { ready: true } }), stranger('patch', 'status')],
  ])('in which a stranger writes %s under the lock', (_words, free, by) => {
    const writes = states(FOUND, [10, LOCKED, granted('lock')], [15, free, by]);
    expect(violationsIn(history(writes, [record(1, 'Preparing')], 'Preparing')).filter(({ rule }) => rule === 'foreign-write')).toEqual([]);
  });

  test('in which a stranger removes a void lock', () => {
    const writes = [...committed().slice(0, 2), ...states(APPLIED, [40, COMMITTED, stranger()])];
    expect(rules(writes, COMMIT, 'Committed').filter((rule) => rule !== 'whole')).toEqual([]);
  });
});

describe('the checker finds', () => {
  test.each<[string, ObjectWrite['after'], Writer | undefined]>([
    ['a locked field', state({ a: 'theirs', b: '1' }, { labels: lock()! }), stranger()],
    ['a locked field, by nobody knows whom', state({ a: 'theirs', b: '1' }, { labels: lock()! }), undefined],
    [
      'a locked field, by the ServiceAccount without a grant',
      state({ a: 'x' }, { labels: lock()! }),
      stranger('patch', '', 'system:serviceaccount:shop:deployer'),
    ],
    ['a locked field through the status', state({ a: 'theirs', b: '1' }, { labels: lock()! }), stranger('patch', 'status')],
    ['the lock', state({ a: 'old', b: '1' }), stranger()],
    [
      'owners',
      state({ a: 'old', b: '1' }, { labels: lock()!, ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'x' }] }),
      stranger(),
    ],
    ['nothing any more: it is deleted', undefined, stranger('delete')],
  ])('a stranger who writes %s', (_words, foreign, by) => {
    const writes = states(FOUND, [10, LOCKED, granted('lock')], [15, foreign, by]);
    expect(rules(writes, [record(1, 'Preparing')], 'Preparing')).toContain('foreign-write');
  });

  test('a stranger who writes any field of an object that is locked as a whole', () => {
    const writes = states(FOUND, [10, LOCKED, granted('lock')], [15, state({ a: 'old', b: '2' }, { labels: lock()! }), stranger()]);
    expect(rules(writes, [whole(1, 'Preparing')], 'Preparing')).toContain('foreign-write');
    expect(rules(writes, [record(1, 'Preparing')], 'Preparing')).not.toContain('foreign-write');
  });

  test('a stranger who takes the last finalizer off a locked object that is being deleted', () => {
    const going = { labels: lock()!, deletionTimestamp: '2024-01-01T00:00:00Z', finalizers: ['x/y'] };
    const freed = state({ a: 'old' }, { ...going, finalizers: [] });
    const by = (deleter: Writer): readonly string[] =>
      rules(
        states(FOUND, [10, LOCKED, granted('lock')], [12, state({ a: 'old' }, going), deleter], [15, freed, stranger()]),
        [record(1, 'Committing')],
        '',
      );
    expect(by(stranger('delete')).filter((rule) => rule === 'foreign-write')).toHaveLength(2);
    expect(by(granted('delete')).filter((rule) => rule === 'foreign-write')).toHaveLength(0);
  });

  test('a lock put over another one', () => {
    const writes = states(
      FOUND,
      [10, LOCKED, granted('lock')],
      [15, state({ a: 'old', b: '1' }, { labels: lock(OTHER)! }), granted('lock', OTHER)],
    );
    expect(rules(writes, [record(1, 'Preparing'), record(2, 'Preparing', {}, OTHER)], 'Preparing')).toContain('overlap');
  });

  test('a write of an executor that has been deposed', () => {
    const relocked = state({ a: 'old', b: '1' }, { labels: lock(UID, 2)! });
    const late = state({ a: 'new', b: '1' }, { labels: lock(UID, 2)! });
    const records = [record(1, 'Preparing'), record(12, 'Committing', { attempt: 2 })];
    const writes = states(
      FOUND,
      [10, LOCKED, granted('lock')],
      [15, relocked, granted('lock', UID, 2)],
      [20, late, granted('apply', UID, 1)],
    );
    expect(rules(writes, records, 'Committing')).toContain('stale-write');
  });

  test('a lock that comes before its record, or without its grant', () => {
    expect(rules(states(FOUND, [10, LOCKED, granted('lock')]), [record(11, 'Preparing')], 'Preparing')).toContain('forged-lock');
    expect(rules(states(FOUND, [10, LOCKED, stranger()]), [record(1, 'Preparing')], 'Preparing')).toContain('forged-lock');
  });

  test('a change that is missing at the commit', () => {
    const writes = states(FOUND, [10, LOCKED, granted('lock')], [40, FOUND, granted('unlock')]);
    expect(violationsIn(history(writes, COMMIT, 'Committed'))).toEqual([
      {
        rule: 'all-or-nothing',
        revision: 30,
        object: KEY,
        transaction: UID,
        words: 'txn was committed, and these places are not as it wanted them: /data/a',
      },
    ]);
  });

  test('a lock that was off before the commit', () => {
    const writes = states(FOUND, [10, LOCKED, granted('lock')], [20, APPLIED, granted('apply')], [28, COMMITTED, granted('unlock')]);
    expect(rules(writes, COMMIT, 'Committed')).toContain('all-or-nothing');
  });

  test('a field that a rollback has not put back', () => {
    const writes = states(FOUND, [10, LOCKED, granted('lock')], [20, APPLIED, granted('apply')], [40, COMMITTED, granted('unlock')]);
    expect(violationsIn(history(writes, ABORT, 'RolledBack'))).toEqual([
      { rule: 'as-found', revision: 40, object: KEY, transaction: UID, words: '/data/a is "new", and was "old"' },
    ]);
  });

  test('what others wrote meanwhile, and a rollback took back with its own', () => {
    const theirs = state({ a: 'new', b: '2' }, { labels: lock()! });
    const writes = states(
      FOUND,
      [10, LOCKED, granted('lock')],
      [20, APPLIED, granted('apply')],
      [22, theirs, stranger()],
      [30, LOCKED, granted('restore')],
      [40, FOUND, granted('unlock')],
    );
    expect(violationsIn(history(writes, ABORT, 'RolledBack')).map(({ words }) => words)).toEqual(['/data/b is "1", and was "2"']);
  });

  test('a conflict that nobody has caused', () => {
    const { targets } = ABORT[0]!.record!;
    const conflict = record(50, 'Failed', { targets: targets.map((target) => ({ ...target, conflict: 'was changed since' })) });
    const writes = states(FOUND, [10, LOCKED, granted('lock')], [20, APPLIED, granted('apply')], [40, COMMITTED, granted('unlock')]);
    expect(rules(writes, [...ABORT.slice(0, 3), conflict], 'Failed')).toContain('as-found');
  });

  test('an owner that a rollback has forgotten', () => {
    const owned = (fields: readonly string[]) => ({
      managedFields: [
        { manager: 'flux', operation: 'Apply', fieldsV1: { 'f:data': Object.fromEntries(fields.map((name) => [`f:${name}`, {}])) } },
      ] as const,
    });
    const found = state({ a: 'old', b: '1' }, owned(['a', 'b']));
    const freed = state({ a: 'old', b: '1' }, owned(['b']));
    const writes = states(
      found,
      [10, LOCKED, granted('lock')],
      [20, APPLIED, granted('apply')],
      [30, LOCKED, granted('restore')],
      [40, freed, granted('unlock')],
    );
    expect(violationsIn(history(writes, ABORT, 'RolledBack')).map(({ words }) => words)).toEqual(['flux Apply lost /f:data/f:a']);
  });

  test('a created object that a rollback has left', () => {
    const created = state({ a: 'new' }, { labels: lock()! });
    const writes = states(undefined, [20, created, granted('create')], [40, state({ a: 'new' }), granted('unlock')]);
    expect(rules(writes, ABORT, 'RolledBack')).toContain('as-found');
  });

  test('a write that lands after the end', () => {
    const writes = states(FOUND, [10, LOCKED, granted('lock')], [20, FOUND, granted('unlock')], [60, COMMITTED, granted('apply')]);
    expect(rules(writes, ABORT, 'RolledBack')).toContain('late-write');
  });

  test('a record that goes back, or is opened again with the old locks alive', () => {
    expect(rules([], [record(1, 'Preparing', { attempt: 2 }), record(2, 'Preparing')], '')).toContain('record');
    expect(rules([], [...COMMIT, record(60, 'RollingBack')], '')).toContain('record');
    expect(rules([], [...COMMIT, record(60, 'Committing')], '')).toContain('record');
    expect(rules([], [...COMMIT, record(60, 'RollingBack', { voidThrough: 1, attempt: 2 })], '')).not.toContain('record');
  });

  test('a transaction that waits for ever, or says what its record does not', () => {
    expect(rules([], [record(1, 'Preparing')], 'Preparing')).toEqual(['ended', 'record-open']);
    expect(rules(committed(), COMMIT, 'RolledBack')).toEqual(['ended']);
    expect(rules([], [], 'Committed')).toEqual(['all-or-nothing']);
  });

  test('a lock that is left', () => {
    expect(rules(committed().slice(0, 2), COMMIT, 'Committed')).toEqual(['lock-left']);
  });

  test('a hole in what it is given', () => {
    expect(rules([committed()[0]!, committed()[2]!], COMMIT, 'Committed')).toContain('whole');
  });
});
