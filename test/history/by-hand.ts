import type { KubeObject, ObjectMeta } from '../../src/kube/object.ts';
import type { SagaRecord, SagaTarget } from '../../src/transaction/record.ts';
import type { History, ObjectWrite, RecordWrite, Writer } from './history.ts';
import { LABEL } from './locks.ts';

/** uid of the transaction of a hand-made history. */
export const UID = 'aaaaaaaa-0000-4000-8000-000000000000';
/** uid of another one. */
export const OTHER = 'bbbbbbbb-0000-4000-8000-000000000000';
/** The object that it is about. */
export const KEY = '/configmaps/shop/settings';

const OBJECT = '11111111-0000-4000-8000-000000000000';

/** The lock of a transaction on the object. */
export function lock(transaction = UID, attempt = 1): ObjectMeta['labels'] {
  return { [LABEL]: `${transaction}.${attempt}.${OBJECT.slice(0, 8)}` };
}

/** A state of the object. */
export function state(data: Readonly<Record<string, string>>, metadata: ObjectMeta = {}, rest: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', uid: OBJECT, ...metadata },
    data,
    ...rest,
  };
}

/** A write by a grant. */
export function granted(action: string, transaction = UID, attempt = 1): Writer {
  return { user: 'system:serviceaccount:shop:deployer', verb: 'patch', subresource: '', grant: { transaction, attempt, action } };
}

/** A write by a stranger. */
export function stranger(verb = 'patch', subresource = '', user = 'admin'): Writer {
  return { user, verb, subresource };
}

/** What is left of a record to be told. */
export function record(revision: number, phase: SagaRecord['phase'], change: Partial<SagaRecord> = {}, uid = UID): RecordWrite {
  const kind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
  const target: SagaTarget = {
    kind,
    namespace: 'shop',
    name: 'settings',
    uid: OBJECT,
    lockBy: 'patch',
    scope: 'fields',
    fields: { 'f:data': { 'f:a': {} } },
    changes: [{ name: 'change', type: 'Patch', order: 0 }],
  };
  return {
    revision,
    transaction: uid,
    record: {
      schema: 1,
      transaction: { namespace: 'shop', name: 'txn', uid },
      serviceAccountName: 'deployer',
      requester: 'somebody',
      phase,
      attempt: 1,
      foreignWrites: 'Deny',
      lockedSince: '2024-01-01T00:00:00Z',
      deadline: '2024-01-01T01:00:00Z',
      targets: [target],
      ...change,
    },
  };
}

/** A record whose target is locked as a whole. */
export function whole(revision: number, phase: SagaRecord['phase']): RecordWrite {
  const write = record(revision, phase);
  const targets = (write.record?.targets ?? []).map(({ fields: _fields, ...target }) => ({ ...target, scope: 'object' as const }));
  return record(revision, phase, { targets });
}

/** States of the object one after the other, each with its revision and writer; the first was there before. */
export function states(
  first: KubeObject | undefined,
  ...later: readonly (readonly [number, KubeObject | undefined, (Writer | undefined)?])[]
): ObjectWrite[] {
  let before = first;
  return later.map(([revision, next, by]) => {
    const after = next === undefined ? undefined : { ...next, metadata: { ...next.metadata, resourceVersion: String(revision) } };
    const write = {
      revision,
      key: KEY,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(by === undefined ? {} : { by }),
    };
    before = after;
    return write;
  });
}

/** The transaction of a hand-made history patches one field of the object. */
export function history(
  writes: readonly ObjectWrite[],
  records: readonly RecordWrite[],
  phase: string,
  more: Partial<History> = {},
): History {
  const change = { name: 'change', type: 'Patch', order: 0, key: KEY, content: { data: { a: 'new' } } } as const;
  return { writes, records, transactions: [{ uid: UID, name: 'txn', changes: [change], phase }], ...more };
}
