import { describe, expect, test } from 'vitest';
import type { GrantAction } from '../../src/lock/claims.ts';
import { lockLabelFor } from '../../src/lock/label.ts';
import { lookupsNeeded } from '../../src/lock/lookups.ts';
import { configMap, CREATION_LABEL, granted, LABEL, labelled, OTHER_TX, reviewOf, TX, UID, written, type Write } from './scenario.ts';

const free = configMap();
const locked = configMap({ label: LABEL });
const changed = written(locked, { data: {} });
const foreign = lockLabelFor(OTHER_TX, 1, UID);
const none = { state: 'none' } as const;

describe('strangers cost a look at the record', () => {
  test.each<[string, Write, readonly string[]]>([
    ['to update a locked object', { before: locked, after: changed }, [TX]],
    ['to delete one', { before: locked }, [TX]],
    ['to strip a lock', { before: locked, after: free }, [TX]],
    [
      'to write metadata through the status',
      { before: locked, after: written(locked, { meta: { annotations: { a: 'b' } } }), subresource: 'status' },
      [TX],
    ],
  ])('%s', (_, write, uids) => {
    expect(lookupsNeeded(reviewOf(write), none)).toEqual(uids);
  });
});

describe('strangers cost nothing', () => {
  test.each<[string, Write]>([
    ['where nothing is locked', { before: free, after: configMap({ data: {} }) }],
    ['where the label is a copy', { before: configMap({ label: lockLabelFor(TX, 1, 'aaaaaaaa') }), after: changed }],
    ['where nothing changes', { before: locked, after: written(locked) }],
    ['where only the status changes', { before: locked, after: written(locked, { status: {} }), subresource: 'status' }],
    ['where a lock is added', { before: free, after: locked }],
    ['where a lock is exchanged', { before: locked, after: labelled(changed, foreign) }],
    ['where a lock is created', { after: configMap({ label: CREATION_LABEL }) }],
  ])('%s', (_, write) => {
    expect(lookupsNeeded(reviewOf(write), none)).toEqual([]);
  });
});

describe('a grant', () => {
  const needs = (action: GrantAction, write: Write) => lookupsNeeded(reviewOf({ by: 'executor', ...write }), granted(action));

  test.each(['apply', 'restore', 'delete', 'unlock', 'preflight'] as const)('to %s costs nothing: the label fences', (action) => {
    expect(needs(action, { before: locked, after: changed })).toEqual([]);
  });

  test('to lock costs a look at its own record', () => {
    expect(needs('lock', { before: free, after: locked })).toEqual([TX]);
    expect(needs('lock', { before: labelled(free, lockLabelFor(TX, 1, UID)), after: locked })).toEqual([TX]);
  });

  test('to lock costs a look at the record of the lock it meets, too', () => {
    expect(needs('lock', { before: labelled(free, foreign), after: locked })).toEqual([TX, OTHER_TX]);
  });

  test.each(['create', 'recreate'] as const)('to %s costs a look at its own record', (action) => {
    expect(needs(action, { after: configMap({ label: CREATION_LABEL }) })).toEqual([TX]);
  });

  test('that is faulty costs nothing', () => {
    expect(lookupsNeeded(reviewOf({ before: locked, after: changed }), { state: 'faulty', fault: 'expired', words: '' })).toEqual([]);
  });
});
