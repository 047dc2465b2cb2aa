import { randomBytes } from 'node:crypto';
import { API_VERSION } from '../../src/api/group.ts';
import type { Phase, Transaction, TransactionSpec } from '../../src/api/transaction.ts';
import type { Identity, KubeClient } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import { inParallel, valuesOf } from '../../src/kube/limit.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../src/kube/object.ts';
import { pause } from '../../src/kube/pause.ts';
import { NAMESPACES, SERVICE_ACCOUNTS } from '../../src/kube/well-known.ts';
import { RESOURCE_CHANGES, TRANSACTIONS } from '../../src/transaction/kinds.ts';

export const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
/** Changes on their way at once: a thousand would wait for each other longer than a request may take. */
const ADDED_AT_ONCE = 20;
const CLUSTER_ROLE_BINDINGS: ResourceKind = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  namespaced: false,
};

/** One change as a test writes it. */
export interface Change {
  readonly type: 'Create' | 'Update' | 'Patch' | 'Delete';
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly content?: Readonly<Record<string, unknown>>;
  readonly order?: number;
}

/** A namespace of its own, with a ServiceAccount `deployer` that may do everything. */
export async function makeNamespace(admin: KubeClient, prefix = 'ns'): Promise<string> {
  const namespace = `${prefix}-${randomBytes(4).toString('hex')}`;
  await admin.create({ kind: NAMESPACES, name: namespace }, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await makeServiceAccount(admin, namespace, 'deployer');
  await admin.create(
    { kind: CLUSTER_ROLE_BINDINGS, name: namespace },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace }],
    },
  );
  return namespace;
}

/** A ServiceAccount without any right. */
export async function makeServiceAccount(admin: KubeClient, namespace: string, name: string): Promise<void> {
  await admin.create(
    { kind: SERVICE_ACCOUNTS, namespace, name },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
  );
}

/** A ConfigMap as its owner made it: by server-side apply, so that ownership can be compared. */
export async function makeConfigMap(
  admin: KubeClient,
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
  fieldManager = 'owner',
): Promise<KubeObject> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
  return (await admin.apply({ kind: CONFIG_MAPS, namespace, name }, object, { fieldManager, force: true })).object;
}

/** Where a ConfigMap is. */
export function configMap(namespace: string, name: string): ObjectRef {
  return { kind: CONFIG_MAPS, namespace, name };
}

/** Creates an unsealed Transaction and its changes, as `as` or cluster-admin. */
export async function draft(
  admin: KubeClient,
  namespace: string,
  changes: readonly Change[],
  spec: Partial<TransactionSpec> = {},
  as?: Identity,
): Promise<Transaction> {
  const name = `txn-${randomBytes(4).toString('hex')}`;
  const identity = as === undefined ? {} : { as };
  const object = {
    apiVersion: API_VERSION,
    kind: 'Transaction',
    metadata: { name, namespace },
    spec: { serviceAccountName: 'deployer', ...spec },
  };
  const created = (await admin.create({ kind: TRANSACTIONS, namespace, name }, object, identity)).object as Transaction;
  valuesOf(await inParallel(changes, ADDED_AT_ONCE, (change, at) => addChange(admin, created, change, `${name}-${String(at)}`, as)));
  return created;
}

/** Adds one change to a draft. */
export async function addChange(admin: KubeClient, transaction: Transaction, change: Change, name: string, as?: Identity): Promise<void> {
  const { namespace = '', name: owner = '', uid = '' } = transaction.metadata;
  const { type, apiVersion = 'v1', kind = 'ConfigMap', content, order = 0 } = change;
  const target = { apiVersion, kind, name: change.name, ...(change.namespace === undefined ? {} : { namespace: change.namespace }) };
  const object = {
    apiVersion: API_VERSION,
    kind: 'ResourceChange',
    metadata: { name, namespace, ownerReferences: [{ apiVersion: API_VERSION, kind: 'Transaction', name: owner, uid }] },
    spec: { type, target, order, ...(content === undefined ? {} : { content }) },
  };
  await admin.create({ kind: RESOURCE_CHANGES, namespace, name }, object, as === undefined ? {} : { as });
}

/** Seals a draft. */
export async function seal(admin: KubeClient, transaction: Transaction, as?: Identity): Promise<void> {
  await admin.patch(refOf(transaction), { type: 'merge', patch: { spec: { sealed: true } } }, as === undefined ? {} : { as });
}

/** A Transaction from draft to its end. */
export async function transact(
  admin: KubeClient,
  namespace: string,
  changes: readonly Change[],
  spec: Partial<TransactionSpec> = {},
): Promise<Transaction> {
  const transaction = await draft(admin, namespace, changes, spec);
  await seal(admin, transaction);
  return ended(admin, transaction);
}

/** Waits for an end, and for the finalizer that says that nothing is left to tidy. */
export async function ended(admin: KubeClient, transaction: Transaction): Promise<Transaction> {
  return until(admin, transaction, ({ status, metadata }) => {
    const over = status?.phase === 'Committed' || status?.phase === 'RolledBack' || status?.phase === 'Failed';
    const held = metadata.finalizers?.includes('tx.janus.io/lease-cleanup') === true && status?.phase !== 'Failed';
    return over && !held;
  });
}

/** Waits for a phase. */
export function inPhase(admin: KubeClient, transaction: Transaction, phase: Phase): Promise<Transaction> {
  return until(admin, transaction, ({ status }) => status?.phase === phase);
}

/** Waits until something holds of a Transaction. @throws Error after three minutes, with what it was instead */
export async function until(
  admin: KubeClient,
  transaction: Transaction,
  holds: (now: Transaction) => boolean,
  ms = 180_000,
): Promise<Transaction> {
  const deadline = performance.now() + ms;
  for (;;) {
    const now = await admin.get<Transaction>(refOf(transaction));
    if (holds(now)) return now;
    if (performance.now() > deadline) throw new Error(`waited in vain: ${JSON.stringify(now.status)}`);
    await pause(20);
  }
}

/** Where a Transaction is. */
export function refOf(transaction: Transaction): ObjectRef {
  const { namespace = '', name = '' } = transaction.metadata;
  return { kind: TRANSACTIONS, namespace, name };
}

/** Asks for something by an annotation. */
export async function annotate(admin: KubeClient, transaction: Transaction, key: string, value = 'true'): Promise<void> {
  await admin.patch(refOf(transaction), { type: 'merge', patch: { metadata: { annotations: { [key]: value } } } });
}

/** An object without what every write moves: what a rollback must restore to the letter. */
export function plain(object: KubeObject): KubeObject {
  const { resourceVersion: _version, generation: _generation, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The object, or undefined where there is none. */
export async function find(admin: KubeClient, ref: ObjectRef): Promise<KubeObject | undefined> {
  try {
    return await admin.get(ref);
  } catch (error) {
    if (isApiError(error, 404)) return undefined;
    throw error;
  }
}
