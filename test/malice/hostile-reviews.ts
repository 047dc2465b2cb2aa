import { PATHS } from '../../src/admission/webhook-configuration.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { LOCK_LABEL } from '../../src/lock/label.ts';
import { reviewBody, resourceChange, transaction, UID as REVIEW_UID } from '../admission/reviews.ts';
import { configMap, foundRecord, LABEL, NOW, recordOf, TX, UID, written } from '../lock/scenario.ts';
import type { Holdings } from './webhook.ts';

/** A review that must be refused, and how to tell whether a changed one must be still. */
export interface Refusable {
  readonly title: string;
  readonly path: string;
  readonly review: unknown;
  /** By a plain reading of the JSON: whether this is a request that has nothing to be refused for. */
  harmless(review: unknown): boolean;
}

const SEALED = { serviceAccountName: 'deployer', sealed: true };
const OWNER = transaction(SEALED, {}, { phase: 'Committing' });

/** The cluster that the reviews are of: one locked object, one sealed Transaction. */
export const HOLDINGS: Holdings = {
  now: NOW,
  lookup: (uid) => (uid === TX ? foundRecord(recordOf()) : { found: 'absent' }),
  transaction: OWNER as KubeObject,
};

const locked = { ...configMap({ label: LABEL }), status: { a: 1 } };

/** One for each way to be refused. */
export const REFUSABLE: readonly Refusable[] = [
  {
    title: 'a write to a locked object',
    path: PATHS.locks,
    review: lockReview('UPDATE', locked, written(locked, { data: { a: '2' } })),
    harmless: (review) => !carriesLock(at(review, 'request', 'oldObject')),
  },
  {
    title: 'the deletion of a locked object',
    path: PATHS.locks,
    review: lockReview('DELETE', locked, null),
    harmless: (review) => !carriesLock(at(review, 'request', 'oldObject')),
  },
  {
    title: 'an object made with a lock',
    path: PATHS.locks,
    review: lockReview('CREATE', null, locked),
    harmless: (review) => !carriesLock(at(review, 'request', 'object')),
  },
  {
    title: 'a status that a stranger writes',
    path: PATHS.validate,
    review: reviewBody({ operation: 'UPDATE', subResource: 'status', object: OWNER, oldObject: OWNER }),
    harmless: (review) => (at(review, 'request', 'subResource') ?? '') !== 'status',
  },
  {
    title: 'a sealed Transaction that is changed',
    path: PATHS.validate,
    review: reviewBody({ operation: 'UPDATE', object: transaction({ ...SEALED, serviceAccountName: 'admin' }), oldObject: OWNER }),
    harmless: (review) => {
      const [before, after] = [at(review, 'request', 'oldObject', 'spec'), at(review, 'request', 'object', 'spec')];
      return at(before, 'sealed') !== true || JSON.stringify(before) === JSON.stringify(after);
    },
  },
  {
    title: 'a ResourceChange that is taken away from a sealed Transaction',
    path: PATHS.validate,
    review: reviewBody({ resource: 'resourcechanges', operation: 'DELETE', name: 'step', oldObject: resourceChange() }),
    harmless: (review) => !isOwned(at(review, 'request', 'oldObject')),
  },
  {
    title: 'a ResourceChange that is added to a sealed Transaction',
    path: PATHS.validate,
    review: reviewBody({ resource: 'resourcechanges', name: 'step', object: resourceChange() }),
    harmless: () => false,
  },
];

function lockReview(operation: 'CREATE' | 'UPDATE' | 'DELETE', oldObject: object | null, object: object | null): unknown {
  const gvk = { group: '', version: 'v1', kind: 'ConfigMap' };
  const gvr = { group: '', version: 'v1', resource: 'configmaps' };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: REVIEW_UID,
      kind: gvk,
      resource: gvr,
      requestKind: gvk,
      requestResource: gvr,
      name: 'settings',
      namespace: 'shop',
      operation,
      userInfo: { username: 'alice', uid: 'alice-uid', groups: ['developers'], extra: { team: ['shop'] } },
      object,
      oldObject,
      dryRun: false,
      options: { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'kubectl' },
    },
  };
}

function carriesLock(object: unknown): boolean {
  // What is no object at all is not one without a lock.
  if (!isMap(object) || !isMap(at(object, 'metadata'))) return true;
  const labels = at(object, 'metadata', 'labels') ?? {};
  return at(object, 'metadata', 'uid') === UID && (!isMap(labels) || at(labels, LOCK_LABEL) === LABEL);
}

function isOwned(object: unknown): boolean {
  const owners = at(object, 'metadata', 'ownerReferences');
  if (!Array.isArray(owners)) return false;
  const [apiVersion, kind, name, uid] = ['apiVersion', 'kind', 'name', 'uid'].map((key) => at(owners[0], key));
  return apiVersion === 'tx.janus.io/v1alpha1' && kind === 'Transaction' && uid === 'tx-uid' && typeof name === 'string';
}

function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((found, key) => (isMap(found) && Object.hasOwn(found, key) ? found[key] : undefined), value);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
