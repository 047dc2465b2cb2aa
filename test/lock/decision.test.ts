import { describe, expect, test } from 'vitest';
import { CLUSTER_CONTROLLERS } from '../../src/lock/controllers.ts';
import { decide, decideBy } from '../../src/lock/decision.ts';
import { creationLabelFor, lockLabelFor } from '../../src/lock/label.ts';
import type { LockRecord, RecordLookup, RecordTarget } from '../../src/lock/record.ts';
import {
  ATTEMPT,
  configMap,
  CREATION_LABEL,
  decisionOn,
  foundRecord,
  LABEL,
  labelled,
  NOW,
  OTHER_TX,
  outcomeOf,
  recordOf,
  reviewOf,
  TX,
  UID,
  written,
  type Case,
} from './scenario.ts';

const locked = configMap({ label: LABEL });
const changed = written(locked, { data: { a: '2', b: '1' } });
const known = (parts: Partial<LockRecord> = {}, target: Partial<RecordTarget> = {}): Readonly<Record<string, RecordLookup>> => ({
  [TX]: foundRecord(recordOf(parts, target)),
});
const nobodyLooked = { [TX]: { found: 'unreadable', why: 'the API server did not answer' } } as const;

function decides(cases: readonly (readonly [string, Case, string])[]): void {
  test.each(cases)('%s', (_, given, outcome) => {
    expect(outcomeOf(decisionOn(given))).toBe(outcome);
  });
}

describe('a locked object', () => {
  decides([
    ['is not updated by anybody', { before: locked, after: changed }, 'deny held 423'],
    ['is not updated by a cluster administrator', { by: 'admin', before: locked, after: changed }, 'deny held 423'],
    ["is not updated by the cluster's controllers", { by: 'controller', before: locked, after: changed }, 'deny held 423'],
    [
      "is not updated by the transaction's own ServiceAccount without a grant",
      { by: 'executor', before: locked, after: changed },
      'deny held 423',
    ],
    ['is not updated in a dry run', { before: locked, after: changed, dryRun: true }, 'deny held 423'],
    ['is not deleted', { before: locked }, 'deny held 423'],
    ['is not deleted by a controller', { by: 'controller', before: locked }, 'deny held 423'],
    ['does not lose its lock', { before: locked, after: labelled(locked, undefined) }, 'deny held 423'],
    ['does not lose its lock to a label that is none', { before: locked, after: labelled(locked, 'nothing') }, 'deny held 423'],
    ['does not lose its lock to a copy of another', { before: locked, after: labelled(locked, `${OTHER_TX}.1.aaaaaaaa`) }, 'deny held 423'],
    ['does not get another lock', { before: locked, after: labelled(locked, lockLabelFor(OTHER_TX, 1, UID)) }, 'deny label-added 403'],
    [
      'does not get another attempt of its lock',
      { before: locked, after: labelled(locked, lockLabelFor(TX, ATTEMPT + 1, UID)) },
      'deny label-added 403',
    ],
    ['is written where nothing changes', { before: locked, after: written(locked) }, 'allow no-change'],
    ['keeps its annotations', { before: locked, after: written(locked, { meta: { annotations: { a: 'b' } } }) }, 'deny held 423'],
    ['keeps its finalizers', { before: locked, after: written(locked, { meta: { finalizers: ['x'] } }) }, 'deny held 423'],
    [
      'keeps its owners',
      { before: locked, after: written(locked, { meta: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }] } }) },
      'deny held 423',
    ],
    ['is not updated through a subresource', { before: locked, after: changed, subresource: 'resize' }, 'deny held 423'],
    [
      'is locked whole where the record does not name it',
      { before: locked, after: changed, lookups: known({ targets: [] }) },
      'deny held 423',
    ],
    [
      'is held by a label of an earlier attempt until it is locked anew',
      { before: locked, after: changed, lookups: known({ attempt: ATTEMPT + 1 }) },
      'deny held 423',
    ],
    [
      'is held by a label of a later attempt than the record knows',
      { before: locked, after: changed, lookups: known({ attempt: ATTEMPT - 1 }) },
      'deny held 423',
    ],
    ['is held while the transaction prepares', { before: locked, after: changed, lookups: known({ phase: 'Preparing' }) }, 'deny held 423'],
    [
      'is held while the transaction rolls back',
      { before: locked, after: changed, lookups: known({ phase: 'RollingBack' }) },
      'deny held 423',
    ],
    ['is held by a failed transaction', { before: locked, after: changed, lookups: known({ phase: 'Failed' }) }, 'deny held 423'],
  ]);

  decides([
    [
      'created by the transaction is not updated',
      { before: labelled(locked, CREATION_LABEL), after: labelled(changed, CREATION_LABEL) },
      'deny held 423',
    ],
    ['created by the transaction is not deleted', { before: labelled(locked, CREATION_LABEL) }, 'deny held 423'],
  ]);
});

describe('a label that is no lock of this object', () => {
  const copy = lockLabelFor(TX, ATTEMPT, '99999999-1111-4222-8333-444455556666');
  const copiedCreation = creationLabelFor(TX, ATTEMPT, { group: '', resource: 'services', namespace: 'shop', name: 'settings' });
  decides([
    ['does not hinder an update', { before: configMap({ label: copy }), after: configMap({ label: copy, data: {} }) }, 'allow not-locked'],
    ['does not hinder a delete', { before: configMap({ label: copiedCreation }) }, 'allow not-locked'],
    ['may be added', { before: configMap(), after: configMap({ label: copiedCreation }) }, 'allow not-locked'],
    ['may be created', { after: configMap({ label: copy }) }, 'allow not-locked'],
    ['may be malformed', { before: configMap(), after: configMap({ label: 'held' }) }, 'allow not-locked'],
    [
      'needs no record',
      { before: configMap({ label: copy }), after: configMap({ label: copy, data: {} }), lookups: nobodyLooked },
      'allow not-locked',
    ],
  ]);
});

describe('a lock that nobody granted', () => {
  decides([
    ['is not added to an object', { before: configMap(), after: configMap({ label: LABEL }) }, 'deny label-added 403'],
    [
      'is not added by a cluster administrator',
      { by: 'admin', before: configMap(), after: configMap({ label: LABEL }) },
      'deny label-added 403',
    ],
    [
      'is not added where it is void',
      { before: configMap(), after: configMap({ label: LABEL }), lookups: known({ phase: 'Committed' }) },
      'deny label-added 403',
    ],
    ['is not created', { after: configMap({ label: CREATION_LABEL }) }, 'deny label-added 403'],
    [
      'is not added through the status',
      { before: configMap(), after: configMap({ label: LABEL }), subresource: 'status' },
      'deny label-added 403',
    ],
    [
      'does not replace a void one',
      { before: locked, after: labelled(locked, lockLabelFor(OTHER_TX, 1, UID)), lookups: known({ phase: 'Committed' }) },
      'deny label-added 403',
    ],
  ]);

  const binding = { group: '', version: 'v1', kind: 'Binding', resource: 'pods' };
  decides([
    [
      'comes to a Pod by no binding, whatever its value',
      { after: configMap({ label: 'any' }), kind: binding, subresource: 'binding' },
      'deny binding-label 403',
    ],
    [
      'nor by the older way to bind',
      { after: configMap({ label: LABEL }), kind: { ...binding, resource: 'bindings' } },
      'deny binding-label 403',
    ],
    ['keeps nobody from binding without it', { after: configMap(), kind: binding, subresource: 'binding' }, 'allow not-locked'],
  ]);

  test('is refused with the words what to do', () => {
    const decision = decisionOn({ before: configMap(), after: configMap({ label: LABEL }) });
    expect(decision).toMatchObject({
      allow: false,
      message: expect.stringContaining('Remove the label tx.janus.io/lock from your file') as string,
    });
  });
});

describe('a void lock', () => {
  const voids: readonly (readonly [string, Readonly<Record<string, RecordLookup>>])[] = [
    ['of a committed transaction', known({ phase: 'Committed' })],
    ['of a transaction that was rolled back', known({ phase: 'RolledBack' })],
    ['without a record', { [TX]: { found: 'absent' } }],
    [
      'of an attempt that was settled before the transaction was opened again',
      known({ phase: 'RollingBack', attempt: ATTEMPT + 1, voidThrough: ATTEMPT }),
    ],
  ];
  describe.each(voids)('%s', (_, lookups) => {
    decides([
      ['does not hinder an update', { before: locked, after: changed, lookups }, 'allow void-lock'],
      ['does not hinder a delete', { before: locked, lookups }, 'allow void-lock'],
      ['may be removed by anybody', { before: locked, after: labelled(locked, undefined), lookups }, 'allow void-lock'],
      ['may be replaced by what is no lock', { before: locked, after: labelled(locked, 'nothing'), lookups }, 'allow void-lock'],
    ]);
  });

  decides([
    [
      'is not one of a later attempt than was settled',
      { before: locked, after: changed, lookups: known({ phase: 'RollingBack', voidThrough: ATTEMPT - 1 }) },
      'deny held 423',
    ],
  ]);
});

describe('an unreadable record', () => {
  decides([
    ['denies an update', { before: locked, after: changed, lookups: nobodyLooked }, 'deny record-unreadable 503'],
    ['denies a delete', { before: locked, lookups: nobodyLooked }, 'deny record-unreadable 503'],
    [
      'denies removing the label',
      { before: locked, after: labelled(locked, undefined), lookups: nobodyLooked },
      'deny record-unreadable 503',
    ],
    ['does not hinder what changes nothing', { before: locked, after: written(locked), lookups: nobodyLooked }, 'allow no-change'],
    [
      'does not hinder a status write',
      { before: locked, after: written(locked, { status: { ok: true } }), subresource: 'status', lookups: nobodyLooked },
      'allow status-only',
    ],
  ]);

  test('is told with why and what to do', () => {
    const decision = decisionOn({ before: locked, after: changed, lookups: nobodyLooked });
    expect(decision).toMatchObject({
      message: expect.stringMatching(/ConfigMap shop\/settings .*the API server did not answer.*Try again.*tx-0e1f2a3b/) as string,
    });
  });

  test('is what a record counts as that nobody looked up', () => {
    const decision = decide({
      review: reviewOf({ before: locked, after: changed }),
      grant: { state: 'none' },
      lookups: new Map(),
      now: NOW,
      controllers: CLUSTER_CONTROLLERS,
    });
    expect(outcomeOf(decision)).toBe('deny record-unreadable 503');
  });
});

describe('status writes', () => {
  const kind = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments' };
  const target: Partial<RecordTarget> = { kind: { ...kind, namespaced: true } };
  const status = { status: { replicas: 2 } };
  const revision = (value: string) => ({ annotations: { 'deployment.kubernetes.io/revision': value } });
  const write = (meta: Record<string, unknown>, more: Partial<Case> = {}): Case => ({
    before: locked,
    after: written(locked, { ...status, meta }),
    subresource: 'status',
    kind,
    lookups: known({}, target),
    ...more,
  });

  decides([
    ['of the status alone pass, from anybody', write({}), 'allow status-only'],
    ['pass with what each write changes', write({ generation: 5, managedFields: [] }), 'allow status-only'],
    ["pass with the annotations of the kind's controller, from anybody", write(revision('2')), 'allow status-metadata'],
    ["pass with the annotations of the kind's controller in a dry run", write(revision('2'), { dryRun: true }), 'allow status-metadata'],
    ['do not pass with other annotations', write({ annotations: { note: 'x' } }), 'deny held 423'],
    [
      'do not pass with other annotations beside the known one',
      write({ annotations: { ...revision('2').annotations, note: 'x' } }),
      'deny held 423',
    ],
    [
      'do not pass with other annotations of a cluster administrator',
      write({ annotations: { note: 'x' } }, { by: 'admin' }),
      'deny held 423',
    ],
    [
      "pass with other annotations of the cluster's controllers",
      write({ annotations: { note: 'x' } }, { by: 'controller' }),
      'allow status-metadata',
    ],
    ['do not pass with labels', write({ labels: { ...locked.metadata.labels, a: 'b' } }), 'deny held 423'],
    [
      "pass with labels of the cluster's controllers",
      write({ labels: { ...locked.metadata.labels, a: 'b' } }, { by: 'controller' }),
      'allow status-metadata',
    ],
    ['never take the lock off', write({ labels: { app: 'shop' } }), 'deny held 423'],
    [
      "never take the lock off, not even from the cluster's controllers",
      write({ labels: { app: 'shop' } }, { by: 'controller' }),
      'deny held 423',
    ],
    [
      "never change finalizers, not even from the cluster's controllers",
      write({ finalizers: ['x'] }, { by: 'controller' }),
      'deny held 423',
    ],
    [
      "never change owners, not even from the cluster's controllers",
      write({ ownerReferences: [], annotations: { x: 'y' }, finalizers: ['z'] }, { by: 'controller' }),
      'deny held 423',
    ],
    ['never change anything else', { ...write({}), after: written(locked, { ...status, data: {} }) }, 'deny held 423'],
    ['are no pass for the main resource', write(revision('2'), { subresource: '' }), 'deny held 423'],
    [
      'do not pass with the annotation of another kind',
      { ...write(revision('2')), kind: { ...kind, resource: 'statefulsets' } },
      'deny held 423',
    ],
    [
      'do not pass with a known annotation that is locked itself',
      write(revision('2'), {
        lookups: known(
          {},
          { ...target, scope: 'fields', fields: { 'f:metadata': { 'f:annotations': { 'f:deployment.kubernetes.io/revision': {} } } } },
        ),
      }),
      'deny held 423',
    ],
    [
      'pass with a known annotation where other fields are locked',
      write(revision('2'), { lookups: known({}, { ...target, scope: 'fields', fields: { 'f:data': { 'f:a': {} } } }) }),
      'allow fields-untouched',
    ],
    [
      'pass with a known annotation where the fields are locked in another version',
      write(revision('2'), {
        lookups: known({}, { kind: { ...kind, version: 'v2', namespaced: true }, scope: 'fields', fields: { 'f:data': { 'f:a': {} } } }),
      }),
      'allow status-metadata',
    ],
  ]);
});

describe('field locks', () => {
  const fields = { scope: 'fields', fields: { 'f:data': { 'f:a': {} } } } as const;
  const update = (data: Record<string, string>, meta: Record<string, unknown> = {}, more: Partial<Case> = {}): Case => ({
    before: locked,
    after: written(locked, { data, meta }),
    lookups: known({}, fields),
    ...more,
  });
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' };
  const terminating = configMap({ label: LABEL, meta: { deletionTimestamp: '2026-01-01T00:00:01Z', finalizers: ['a', 'b'] } });

  decides([
    ['let others write the rest', update({ a: '1', b: '2' }), 'allow fields-untouched'],
    ['let others add to the rest', update({ a: '1', b: '1', c: '1' }), 'allow fields-untouched'],
    ['let others add annotations', update({ a: '1', b: '1' }, { annotations: { x: 'y' } }), 'allow fields-untouched'],
    ['let others add finalizers', update({ a: '1', b: '1' }, { finalizers: ['x'] }), 'allow fields-untouched'],
    [
      'let others take ownership without another value',
      update({ a: '1', b: '2' }, { managedFields: [{ manager: 'thief' }] }),
      'allow fields-untouched',
    ],
    ['keep the locked field', update({ a: '2', b: '1' }), 'deny held 423'],
    ['keep the locked field from being removed', update({ b: '1' }), 'deny held 423'],
    ['keep the locked field together with others', update({ a: '2', b: '2' }), 'deny held 423'],
    ['keep the object', { before: locked, lookups: known({}, fields) }, 'deny held 423'],
    [
      'keep the label',
      { before: locked, after: labelled(written(locked, { data: { a: '1', b: '2' } }), undefined), lookups: known({}, fields) },
      'deny held 423',
    ],
    ['keep owners from being added', update({ a: '1', b: '1' }, { ownerReferences: [owner] }), 'deny held 423'],
    [
      'keep owners from being removed',
      {
        before: configMap({ label: LABEL, meta: { ownerReferences: [owner] } }),
        after: written(locked, { data: { a: '1', b: '2' } }),
        lookups: known({}, fields),
      },
      'deny held 423',
    ],
    [
      'hold the whole object while the fields are not known',
      update({ a: '1', b: '2' }, {}, { lookups: known({}, { scope: 'fields' }) }),
      'deny held 423',
    ],
    [
      'hold the whole object in another version',
      update(
        { a: '1', b: '2' },
        {},
        {
          lookups: known(
            {},
            { ...fields, kind: { group: '', version: 'v2', kind: 'ConfigMap', resource: 'configmaps', namespaced: true } },
          ),
        },
      ),
      'deny held 423',
    ],
    [
      'hold nothing but deletion where no field is locked',
      update({ a: '2' }, {}, { lookups: known({}, { scope: 'fields', fields: {} }) }),
      'allow fields-untouched',
    ],
    [
      'let others write the rest of what is being deleted',
      { before: terminating, after: written(terminating, { data: { a: '1', b: '2' } }), lookups: known({}, fields) },
      'allow fields-untouched',
    ],
    [
      'keep the finalizers of what is being deleted',
      { before: terminating, after: written(terminating, { meta: { finalizers: ['a'] } }), lookups: known({}, fields) },
      'deny held 423',
    ],
    [
      'keep the last finalizer of what is being deleted from a controller',
      {
        by: 'controller',
        before: terminating,
        after: written(terminating, { meta: { finalizers: undefined } }),
        lookups: known({}, fields),
      },
      'deny held 423',
    ],
    [
      'hold by a creation label too',
      {
        before: labelled(locked, CREATION_LABEL),
        after: labelled(written(locked, { data: { a: '1', b: '2' } }), CREATION_LABEL),
        lookups: known({}, fields),
      },
      'allow fields-untouched',
    ],
    [
      'of an object of the same name with another uid are an object lock',
      update({ a: '1', b: '2' }, {}, { lookups: known({}, { ...fields, uid: '99999999-1111-4222-8333-444455556666' }) }),
      'deny held 423',
    ],
  ]);
});

describe("after the transaction's own delete was accepted", () => {
  const terminating = configMap({ label: LABEL, meta: { deletionTimestamp: '2026-01-01T00:00:01Z', finalizers: ['a', 'b'] } });
  const deleted = { changes: [{ name: 'drop', type: 'Delete', order: 0 }] } as const;
  const created = { changes: [{ name: 'add', type: 'Create', order: 0 }] } as const;
  const update = (meta: Record<string, unknown>, more: Partial<Case> = {}): Case => ({
    before: terminating,
    after: written(terminating, { meta }),
    lookups: known({}, deleted),
    ...more,
  });

  decides([
    ['anybody may remove a finalizer', update({ finalizers: ['b'] }), 'allow own-delete'],
    ['anybody may remove all of them', update({ finalizers: undefined }), 'allow own-delete'],
    [
      'anybody may while it rolls back',
      update({ finalizers: ['b'] }, { lookups: known({ phase: 'RollingBack' }, deleted) }),
      'allow own-delete',
    ],
    [
      'anybody may while it has failed',
      update({ finalizers: ['b'] }, { lookups: known({ phase: 'Failed' }, deleted) }),
      'allow own-delete',
    ],
    ['nobody may before it was sent', update({ finalizers: ['b'] }, { lookups: known({ phase: 'Preparing' }, deleted) }), 'deny held 423'],
    ['nobody may add one', update({ finalizers: ['a', 'b', 'c'] }), 'deny held 423'],
    ['nobody may reorder them', update({ finalizers: ['b', 'a'] }), 'deny held 423'],
    ['nobody may exchange one', update({ finalizers: ['c'] }), 'deny held 423'],
    [
      'nobody may change anything with it',
      { ...update({}), after: written(terminating, { data: {}, meta: { finalizers: ['b'] } }) },
      'deny held 423',
    ],
    ['nobody may take the lock off with it', update({ finalizers: ['b'], labels: { app: 'shop' } }), 'deny held 423'],
    ['a person may not delete it again', { before: terminating, lookups: known({}, deleted) }, 'deny held 423'],
    ['a kubelet may end it', { by: 'kubelet', before: terminating, lookups: known({}, deleted) }, 'allow own-delete'],
    ['a kubelet may not end what is not being deleted', { by: 'kubelet', before: locked, lookups: known({}, deleted) }, 'deny held 423'],
    [
      'nobody may remove finalizers where the transaction deletes nothing',
      update({ finalizers: ['b'] }, { lookups: known() }),
      'deny held 423',
    ],
    [
      'nobody may remove finalizers of what is not being deleted',
      { before: configMap({ label: LABEL, meta: { finalizers: ['a'] } }), after: locked, lookups: known({}, deleted) },
      'deny held 423',
    ],
    [
      'nobody may where the record does not name the object',
      update({ finalizers: ['b'] }, { lookups: known({ targets: [] }) }),
      'deny held 423',
    ],
    [
      'anybody may when a create is being undone',
      update({ finalizers: ['b'] }, { lookups: known({ phase: 'RollingBack' }, created) }),
      'allow own-delete',
    ],
    ['nobody may when a create goes on', update({ finalizers: ['b'] }, { lookups: known({}, created) }), 'deny held 423'],
  ]);
});

describe('the decision', () => {
  const input = () => ({
    review: reviewOf({ before: locked, after: changed }),
    grant: { state: 'none' } as const,
    lookups: new Map([[TX, foundRecord(recordOf())]]),
    now: NOW,
    controllers: CLUSTER_CONTROLLERS,
  });

  test('is a denial where a rule throws', () => {
    const failure = new Error('a secret value');
    const decision = decideBy(
      [
        {
          name: 'bad',
          reason: '',
          decide: () => {
            throw failure;
          },
        },
      ],
      input(),
    );
    expect(decision).toMatchObject({ allow: false, rule: 'exception', code: 500, error: failure });
    expect(decision).not.toMatchObject({ message: expect.stringContaining('a secret value') as string });
  });

  test('is a denial where no rule answers', () => {
    expect(decideBy([], input())).toMatchObject({ allow: false, rule: 'undecided' });
    expect(decideBy([{ name: 'mute', reason: '', decide: () => undefined }], input())).toMatchObject({ allow: false, rule: 'undecided' });
  });

  test('is a denial where the record is not what it should be', () => {
    const broken = { found: 'record', record: { ...recordOf(), targets: null } } as unknown as RecordLookup;
    expect(decide({ ...input(), lookups: new Map([[TX, broken]]) })).toMatchObject({ allow: false, rule: 'exception' });
  });

  test('is a denial where nothing is what it should be', () => {
    expect(decide({} as never)).toMatchObject({ allow: false, rule: 'exception' });
  });

  test('of the first rule that answers counts', () => {
    const yes = (name: string) => ({ name, reason: '', decide: () => ({ allow: true, rule: name }) as const });
    expect(decideBy([yes('first'), yes('second')], input())).toEqual({ allow: true, rule: 'first' });
  });
});
