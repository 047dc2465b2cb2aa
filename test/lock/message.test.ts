import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable } from '../../src/lock/message.ts';
import type { LockRecord, RecordTarget } from '../../src/lock/record.ts';
import { configMap, decisionOn, foundRecord, LABEL, labelled, recordOf, TX, written, type Case } from './scenario.ts';

const locked = configMap({ label: LABEL });
const changed = written(locked, { data: { a: '2', b: '2' } });
const ADVICE =
  'Wait with "kubectl wait --for=condition=Ready transaction/checkout -n shop --timeout=288s", or look with "kubectl get transaction checkout -n shop".';

function messageOf(given: Partial<Case> = {}, record: Partial<LockRecord> = {}, target: Partial<RecordTarget> = {}): string {
  const decision = decisionOn({ before: locked, after: changed, lookups: { [TX]: foundRecord(recordOf(record, target)) }, ...given });
  if (decision.allow) throw new Error(`allowed by ${decision.rule}`);
  return decision.message;
}

describe('the words of a denial', () => {
  test('name object, transaction, change, requester, since when, until when and what to do', () => {
    expect(messageOf()).toBe(
      'ConfigMap shop/settings is locked by transaction shop/checkout (change raise-limit, requested by bob) since 2026-01-01T00:00:00Z (12 s ago), ' +
        `until 2026-01-01T00:05:00Z at the latest. ${ADVICE}`,
    );
  });

  test('tell the progress where it is known', () => {
    const lookups = { [TX]: { ...foundRecord(recordOf()), progress: { committed: 3, total: 10 } } };
    expect(messageOf({ lookups })).toContain('(change raise-limit, requested by bob, 3 of 10 committed)');
  });

  test('name the locked fields that the write would change', () => {
    const fields = { 'f:data': { 'f:a': {}, 'f:b': {}, 'f:c': {} } };
    expect(messageOf({}, {}, { scope: 'fields', fields })).toMatch(
      /^ConfigMap shop\/settings: data.a and data.b are locked by transaction shop\/checkout /,
    );
    expect(messageOf({ after: written(locked, { data: { a: '2', b: '1' } }) }, {}, { scope: 'fields', fields })).toMatch(
      /^ConfigMap shop\/settings: data.a is locked by /,
    );
  });

  test('name five fields at most', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const fields = { 'f:data': Object.fromEntries(names.map((name) => [`f:${name}`, {}])) };
    const after = written(locked, { data: Object.fromEntries(names.map((name) => [name, 'new'])) });
    expect(messageOf({ after }, {}, { scope: 'fields', fields })).toContain('data.a, data.b, data.c, data.d, data.e and 2 more are locked');
  });

  test('name several changes', () => {
    const changes = [
      { name: 'one', type: 'Update', order: 0 },
      { name: 'two', type: 'Patch', order: 1 },
    ] as const;
    expect(messageOf({}, {}, { changes })).toContain('(changes one and two, ');
  });

  test('say what can not be done: deleting', () => {
    expect(messageOf({ after: undefined })).toMatch(/^ConfigMap shop\/settings can't be deleted: it is locked by /);
  });

  test('say what can not be done: taking the label off', () => {
    expect(messageOf({ after: labelled(locked, undefined) })).toMatch(
      /its label tx\.janus\.io\/lock can't be changed or removed, since it is locked by /,
    );
  });

  test('say what can not be done: changing owners, or finalizers of what is being deleted', () => {
    const fields: Partial<RecordTarget> = { scope: 'fields', fields: {} };
    expect(
      messageOf(
        { after: written(locked, { meta: { ownerReferences: [{ apiVersion: 'v1', kind: 'A', name: 'b', uid: 'c' }] } }) },
        {},
        fields,
      ),
    ).toContain("its ownerReferences can't be changed");
    const terminating = configMap({ label: LABEL, meta: { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a'] } });
    expect(messageOf({ before: terminating, after: written(terminating, { meta: { finalizers: [] } }) }, {}, fields)).toContain(
      "its finalizers can't be changed while it is being deleted",
    );
  });

  test('say which version to write in', () => {
    const kind = { group: '', version: 'v2', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
    expect(messageOf({}, {}, { scope: 'fields', fields: {}, kind })).toContain('which is known in v2 only: write it in that version.');
  });

  test('say that the client waits', () => {
    expect(messageOf({}, { foreignWrites: 'Delay' })).toContain(
      'Your client is asked to try again in 6 s; look with "kubectl get transaction checkout -n shop".',
    );
  });

  test('say that it rolls back, and promise no end', () => {
    const message = messageOf({}, { phase: 'RollingBack' });
    expect(message).toContain('rolling back');
    expect(message).not.toContain('at the latest');
  });

  test('say that a failed transaction needs a person', () => {
    const message = messageOf({}, { phase: 'Failed' });
    expect(message).toContain('needs a person');
    expect(message).not.toContain('kubectl wait');
  });

  test('promise no end that has passed, and give the wait half a minute', () => {
    const message = messageOf({}, { deadline: '2026-01-01T00:00:01Z' });
    expect(message).not.toContain('at the latest');
    expect(message).toContain('--timeout=30s');
  });

  test.each([
    ['2025-12-31T23:59:00Z', '72 s ago'],
    ['2025-12-31T23:30:00Z', '30 min ago'],
    ['2025-12-31T20:00:00Z', '4 h ago'],
    ['2027-01-01T00:00:00Z', '0 s ago'],
  ])('tell the time since %s as %s', (lockedSince, words) => {
    expect(messageOf({}, { lockedSince })).toContain(`(${words})`);
  });

  test('keep to one line, whatever names come from outside', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', maxLength: 2000 }), (name, requester) => {
        const message = messageOf({}, { requester, transaction: { namespace: 'shop', name, uid: TX } });
        expect(message).not.toMatch(/[\n\r\u0000-\u001f\u007f\u2028]/);
        expect(message.length).toBeLessThan(3000);
      }),
    );
  });

  test('never quote the values of the object', () => {
    const secret = configMap({ label: LABEL, data: { password: 'hunter2-old' } });
    const after = written(secret, { data: { password: 'hunter2-new' } });
    expect(messageOf({ before: secret, after }, {}, { scope: 'fields', fields: { 'f:data': { 'f:password': {} } } })).not.toContain(
      'hunter2',
    );
  });
});

test('text from outside keeps its letters', () => {
  expect(printable('Zürich-世界')).toBe('Zürich-世界');
  expect(printable('a\nb\u001b[31mc\u202ed')).toBe('a b [31mc d');
});
