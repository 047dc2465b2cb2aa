import { expect, test } from 'vitest';
import type { GrantAction } from '../../src/lock/claims.ts';
import { GRANT_ACTIONS } from '../../src/lock/grant-claims.ts';
import { creationLabelFor, lockLabelFor } from '../../src/lock/label.ts';
import type { RecordLookup, RecordPhase } from '../../src/lock/record.ts';
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
  recordOf,
  TX,
  UID,
  written,
  type Write,
} from '../lock/scenario.ts';

const place = { group: '', resource: 'configmaps', namespace: 'shop', name: 'settings' };
const free = configMap();
const locked = configMap({ label: LABEL, meta: { finalizers: ['example.com/hold'] } });
const earlier = labelled(locked, lockLabelFor(TX, ATTEMPT - 1, UID));
const later = labelled(locked, lockLabelFor(TX, ATTEMPT + 1, UID));
const foreign = labelled(locked, lockLabelFor(OTHER_TX, 1, UID));
const changed = { data: { a: '2' } };

/** Every kind of request that can be made of an object, in every state of its lock. */
const REQUESTS: Readonly<Record<string, Write>> = {
  'lock a free object': { before: free, after: written(labelled(free, LABEL)) },
  'lock it and change it': { before: free, after: written(labelled(free, LABEL), changed) },
  'lock it for the next attempt': { before: free, after: written(labelled(free, lockLabelFor(TX, ATTEMPT + 1, UID))) },
  'lock it for another': { before: free, after: written(labelled(free, lockLabelFor(OTHER_TX, 1, UID))) },
  'lock it as made by the transaction': { before: free, after: written(labelled(free, CREATION_LABEL)) },
  'lock again': { before: locked, after: written(locked) },
  'lock over the earlier attempt': { before: earlier, after: written(locked) },
  'lock over the later attempt': { before: later, after: written(locked) },
  'lock over another': { before: foreign, after: written(locked) },
  'write under the lock': { before: locked, after: written(locked, changed) },
  'write under the earlier lock': { before: earlier, after: written(earlier, changed) },
  'write under the later lock': { before: later, after: written(later, changed) },
  'write under the lock of another': { before: foreign, after: written(foreign, changed) },
  'write to a free object': { before: free, after: written(free, changed) },
  'write and unlock': { before: locked, after: written(labelled(locked, undefined), changed) },
  'write and lock for the next attempt': { before: locked, after: written(later, changed) },
  'take a finalizer off': { before: locked, after: written(locked, { meta: { finalizers: [] } }) },
  unlock: { before: locked, after: written(labelled(locked, undefined)) },
  'unlock the earlier attempt': { before: earlier, after: written(labelled(earlier, undefined)) },
  'unlock the later attempt': { before: later, after: written(labelled(later, undefined)) },
  'unlock another': { before: foreign, after: written(labelled(foreign, undefined)) },
  create: { after: configMap({ label: CREATION_LABEL }) },
  'create for the next attempt': { after: configMap({ label: creationLabelFor(TX, ATTEMPT + 1, place) }) },
  'create with a lock': { after: configMap({ label: LABEL }) },
  'create without a label': { after: configMap() },
  delete: { before: locked },
  'delete under the earlier lock': { before: earlier },
  'delete under the later lock': { before: later },
  'delete under the lock of another': { before: foreign },
  'delete a free object': { before: free },
  'write its status': { before: locked, after: written(locked, { status: { a: 1 } }), subresource: 'status' },
  'scale it': { before: locked, after: written(locked, changed), subresource: 'scale' },
  'evict it': { after: configMap({ label: CREATION_LABEL }), subresource: 'eviction' },
};

const PHASES: readonly RecordPhase[] = ['Preparing', 'Committing', 'Committed', 'RollingBack', 'RolledBack', 'Failed'];
const OPEN = 'Preparing Committing RollingBack Failed';
const ALWAYS = `${PHASES.join(' ')} absent unreadable`;

/** What each grant is good for, and while what is known of its record. Whatever is not here is refused. */
const GOOD_FOR: Readonly<Record<GrantAction, Readonly<Record<string, string>>>> = {
  preflight: {},
  lock: { 'lock a free object': OPEN, 'lock over the earlier attempt': OPEN },
  apply: { 'lock again': ALWAYS, 'write under the lock': ALWAYS, 'take a finalizer off': ALWAYS },
  restore: { 'lock again': ALWAYS, 'write under the lock': ALWAYS, 'take a finalizer off': ALWAYS },
  create: { create: 'Preparing Committing' },
  recreate: { create: 'RollingBack Failed' },
  delete: { delete: ALWAYS },
  unlock: { unlock: ALWAYS },
};

const known = (state: string): RecordLookup => {
  if (state === 'absent') return { found: 'absent' };
  if (state === 'unreadable') return { found: 'unreadable', why: 'timeout' };
  const changes = [
    { name: 'add', type: 'Create', order: 0 },
    { name: 'raise-limit', type: 'Update', order: 1 },
  ] as const;
  return foundRecord(recordOf({ phase: state as RecordPhase }, { changes }));
};

function allowed(action: GrantAction, request: Write, state: string, dryRun: boolean, uid: 'with uid' | 'no-uid'): boolean {
  const grant = granted(action, {}, uid === 'no-uid' ? 'no-uid' : {});
  const lookups = { [TX]: known(state), [OTHER_TX]: foundRecord(otherRecord()) };
  return decisionOn({ by: 'executor', ...request, dryRun, grant, lookups }).allow;
}

const product = Object.entries(REQUESTS).flatMap(([name, request]) => ALWAYS.split(' ').map((state) => ({ name, request, state })));

test.each(GRANT_ACTIONS)('a grant to %s is good for nothing else, in whatever phase and under whatever lock', (action) => {
  const uid = action === 'create' || action === 'recreate' ? 'no-uid' : 'with uid';
  const passed = product.filter(({ request, state }) => allowed(action, request, state, false, uid));
  const expected = Object.entries(GOOD_FOR[action]).flatMap(([name, states]) => states.split(' ').map((state) => `${name}, ${state}`));
  expect(passed.map(({ name, state }) => `${name}, ${state}`).sort()).toEqual(expected.sort());
});

test('a grant without a uid is good for what does not exist yet, and else for nothing that writes', () => {
  for (const action of GRANT_ACTIONS.filter((one) => one !== 'create' && one !== 'recreate')) {
    const passed = product.filter(({ request, state }) => allowed(action, request, state, false, 'no-uid'));
    expect([action, passed.map(({ name }) => name)]).toEqual([action, []]);
  }
});

test.each(GRANT_ACTIONS.filter((action) => action !== 'preflight'))(
  'a dry run is granted no more to %s than the write itself',
  (action) => {
    for (const uid of ['with uid', 'no-uid'] as const) {
      const more = product.filter(
        ({ request, state }) => allowed(action, request, state, true, uid) && !allowed(action, request, state, false, uid),
      );
      expect(more.map(({ name, state }) => `${name}, ${state}`)).toEqual([]);
    }
  },
);

test('a grant to plan passes every dry run of its object but those of its subresources', () => {
  const passed = new Set(
    product.filter(({ request, state }) => allowed('preflight', request, state, true, 'with uid')).map(({ name }) => name),
  );
  const wanted = Object.entries(REQUESTS).filter(([, { subresource = '' }]) => subresource === '');
  expect([...passed].sort()).toEqual(wanted.map(([name]) => name).sort());
});
