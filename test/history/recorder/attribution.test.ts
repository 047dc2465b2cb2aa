import { describe, expect, test } from 'vitest';
import { KEY, lock, state, states, UID } from '../by-hand.ts';
import { attributed } from './attribution.ts';
import type { AuditedRequest } from './audit-log.ts';

const request = (change: Partial<AuditedRequest>): AuditedRequest => ({
  user: 'somebody',
  verb: 'patch',
  subresource: '',
  key: KEY,
  code: 200,
  dryRun: false,
  fieldManager: '',
  uids: [],
  ...change,
});
const by = (fieldManager: string): object => ({ managedFields: [{ manager: fieldManager }] });
const writes = states(state({ a: '1' }), [10, state({ a: '2' }, by('flux'))], [20, undefined]);
const usersFor = (...requests: readonly AuditedRequest[]): readonly (string | undefined)[] =>
  attributed(writes, requests).map((write) => write.by?.user);

describe('who made a write', () => {
  test('is whose request was answered with its version', () => {
    expect(usersFor(request({ user: 'jane', revision: 10 }))).toEqual(['jane', undefined]);
  });

  test('is nobody whose request was refused, a dry run, or for another object', () => {
    const at = { revision: 10 };
    expect(
      usersFor(request({ ...at, code: 423 }), request({ ...at, dryRun: true }), request({ ...at, key: '/secrets/shop/settings' })),
    ).toEqual([undefined, undefined]);
  });

  test('is whose manager it left, where a write without effect was answered with the same version', () => {
    const idle = request({ user: 'idle', revision: 10, fieldManager: 'idle' });
    expect(usersFor(idle, request({ user: 'jane', revision: 10, fieldManager: 'flux' }))[0]).toBe('jane');
  });

  test('is for a deletion who deleted that very object', () => {
    const { uid = '' } = writes[1]!.before!.metadata;
    expect(usersFor(request({ verb: 'delete', user: 'jane', uids: [uid] }), request({ verb: 'delete', uids: ['another'] }))).toEqual([
      undefined,
      'jane',
    ]);
  });

  test('may be whose answer was lost, where nobody else’s write looks like that', () => {
    const locked = states(state({ a: '1' }), [10, state({ a: '1' }, { labels: lock()!, managedFields: [{ manager: 'janus-lock' }] })]);
    const sent = { transaction: UID, attempt: 1, action: 'lock' };
    const lost = request({ user: 'deployer', code: 504, fieldManager: 'janus-lock', grant: sent });
    expect(attributed(locked, [lost])[0]?.by?.grant).toEqual(sent);
    expect(attributed(locked, [{ ...lost, grant: { ...sent, attempt: 2 } }])[0]?.by).toBeUndefined();
    expect(attributed(locked, [{ ...lost, code: 423 }])[0]?.by).toBeUndefined();
  });

  test('is not who deleted what had to wait for its finalizers', () => {
    const going = states(state({}, { deletionTimestamp: '2024-01-01T00:00:00Z' }), [20, undefined]);
    const deletion = request({ verb: 'delete', uids: [going[0]!.before!.metadata.uid!] });
    expect(attributed(going, [deletion])[0]?.by).toBeUndefined();
  });
});
