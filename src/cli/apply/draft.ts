import { API_VERSION, APPLIED_SET_ANNOTATION, DRAFT_FOR_ANNOTATION } from '../../api/group.ts';
import type { ChangeType, ResourceChange } from '../../api/resource-change.ts';
import type { Transaction, TransactionSpec } from '../../api/transaction.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError, TransportError } from '../../kube/errors.ts';
import { inParallel, valuesOf } from '../../kube/limit.ts';
import { retrying } from '../../kube/retry.ts';
import { RESOURCE_CHANGES, refOfTransaction, TRANSACTIONS } from '../../transaction/kinds.ts';
import { defaultNames } from '../change-name.ts';
import { changeObject } from '../change-object.ts';
import type { Cluster } from '../cluster.ts';
import { refuseFaults } from '../content-faults.ts';
import { Fault } from '../fault.ts';
import { warn } from '../output.ts';
import type { PlannedChange } from '../planned-change.ts';
import { packed } from './inventory.ts';
import type { Action, PlannedObject } from './planned.ts';

/** What a Transaction is made of. */
export interface DraftRequest {
  readonly name: { readonly name: string } | { readonly generateName: string };
  readonly spec: TransactionSpec;
  readonly plan: readonly PlannedObject[];
}

/** A Transaction that has been sealed, with its changes. */
export interface Sealed {
  readonly transaction: Transaction;
  readonly changes: readonly ResourceChange[];
}

/** After this the operator removes what a crash of this process has left unsealed. */
const DRAFT_FOR = '10m';

/** Requests under way at once. */
const CONCURRENCY = 16;

/**
 * Makes a Transaction of a plan and seals it. Until it is sealed nothing has happened to any object; whatever goes wrong before, or
 * where `signal` aborts, it is removed again.
 *
 * @throws Fault where it may have been sealed and nobody can tell; else what went wrong.
 */
export async function sealedFrom({ client, namespace }: Cluster, { name, plan, spec }: DraftRequest, signal: AbortSignal): Promise<Sealed> {
  const todo = plan.filter(({ action }) => action !== 'none');
  refuseUnsuitable(namespace, todo);
  const wanted = plan.filter(({ action }) => action !== 'delete').map(({ ref }) => ref);
  const annotations = { [DRAFT_FOR_ANNOTATION]: DRAFT_FOR, [APPLIED_SET_ANNOTATION]: packed(wanted) };
  const draft = await create(client, { apiVersion: API_VERSION, kind: 'Transaction', metadata: { ...name, namespace, annotations }, spec });
  try {
    const changes = changesFor(draft, todo);
    const outcomes = await inParallel(changes, CONCURRENCY, (change) => add(client, change, signal));
    new Set(valuesOf(outcomes).flat()).forEach(warn);
    signal.throwIfAborted();
    return { transaction: await seal(client, draft), changes };
  } catch (error) {
    if (!(error instanceof UncertainSealFault)) await remove(client, draft);
    throw error;
  }
}

/** Nobody can tell whether it runs. */
class UncertainSealFault extends Fault {
  override readonly name = 'UncertainSealFault';
}

/** What depends on the type of a change is known only now. */
function refuseUnsuitable(namespace: string, todo: readonly PlannedObject[]): void {
  const metadata = { name: 'draft', namespace, uid: '00000000-0000-4000-8000-000000000000' };
  const draft: Transaction = { apiVersion: API_VERSION, kind: 'Transaction', metadata };
  refuseFaults(draft, todo.map(asChange), changesFor(draft, todo));
}

const TYPES: Readonly<Record<Exclude<Action, 'none'>, ChangeType>> = {
  create: 'Create',
  patch: 'Patch',
  update: 'Update',
  delete: 'Delete',
};

function asChange({ action, ref, wanted }: PlannedObject): PlannedChange {
  const type = action === 'none' ? 'Patch' : TYPES[action];
  return { type, ...ref, ...(wanted === undefined ? {} : { manifest: wanted.manifest, content: wanted.manifest.fields }) };
}

function changesFor(transaction: Transaction, todo: readonly PlannedObject[]): readonly ResourceChange[] {
  const planned = todo.map(asChange);
  const names = defaultNames(
    transaction.metadata.name ?? '',
    planned.map((change) => ({ ...change, kind: change.kind.kind })),
  );
  return planned.map((change, index) => changeObject(transaction, names[index] ?? '', change, todo[index]?.order ?? 0));
}

async function create(client: KubeClient, transaction: Transaction): Promise<Transaction> {
  const { name = '', namespace = '' } = transaction.metadata;
  try {
    const { object, warnings } = await client.create({ kind: TRANSACTIONS, namespace, name }, { ...transaction });
    warnings.forEach(warn);
    return object as unknown as Transaction;
  } catch (error) {
    if (!isApiError(error, 409)) throw error;
    throw new Fault(`Transaction ${namespace}/${name} exists already: choose another name, or leave --name out.`, { cause: error });
  }
}

async function add(client: KubeClient, change: ResourceChange, signal: AbortSignal): Promise<readonly string[]> {
  // An aborted run starts no further request; those under way are cut off.
  if (signal.aborted) throw new TransportError('interrupted', { neverSent: true });
  const { name = '', namespace = '' } = change.metadata;
  return (await client.create({ kind: RESOURCE_CHANGES, namespace, name }, { ...change }, { signal })).warnings;
}

/** To seal once more what is sealed changes nothing, so a lost answer is no matter as long as a later one comes. */
async function seal(client: KubeClient, draft: Transaction): Promise<Transaction> {
  const { name = '', namespace = '', uid } = draft.metadata;
  try {
    const patch = { metadata: { uid }, spec: { sealed: true } };
    const { object, warnings } = await retrying(() => client.patch(refOfTransaction(draft), { type: 'merge', patch }));
    warnings.forEach(warn);
    return object as unknown as Transaction;
  } catch (error) {
    if (isApiError(error) && error.code < 500) throw error;
    throw new UncertainSealFault(
      `Transaction ${namespace}/${name} is made, and whether it was sealed is not known: "janus status ${name} -n ${namespace}" says it. If not, it is removed by itself.`,
      { cause: error },
    );
  }
}

/** What cannot be removed is harmless, and the operator removes it. */
async function remove(client: KubeClient, draft: Transaction): Promise<void> {
  const { name = '', namespace = '', uid = '' } = draft.metadata;
  await retrying(() => client.delete(refOfTransaction(draft), { preconditions: { uid }, propagationPolicy: 'Background' })).catch(
    (error: unknown) => {
      if (!isApiError(error, 404))
        warn(`Transaction ${namespace}/${name} is left, unsealed: it does nothing, and is removed by itself within ${DRAFT_FOR}.`);
    },
  );
}
