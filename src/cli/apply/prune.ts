import { groupOf } from '../../api/target-validation.ts';
import type { Identity } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { findKind } from '../../kube/kind-catalog.ts';
import { inParallel } from '../../kube/limit.ts';
import { describeRef } from '../../kube/object.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../kube/object.ts';
import { lockHolderOf } from '../../lock/holder.ts';
import { oneWayDoors } from '../../transaction/one-way.ts';
import { objectKey } from '../../transaction/plan.ts';
import type { Cluster } from '../cluster.ts';
import { Fault } from '../fault.ts';
import { gather } from '../faults.ts';
import type { SeenTransactions } from '../lock-states.ts';
import type { ObjectName } from './inventory.ts';
import { lockOn } from './lock-words.ts';
import { liveObject } from './look.ts';
import type { PlannedObject } from './planned.ts';
import { refusalWords } from './refusal.ts';
import { stageOf } from './stage.ts';
import type { Wanted } from './wanted.ts';

export interface PruneRequest {
  /** What the earlier set had. */
  readonly earlier: readonly ObjectName[];
  readonly wanted: readonly Wanted[];
  /** Deletions come after this order. */
  readonly after: number;
  readonly transactions: SeenTransactions;
  readonly as?: Identity;
}

/** Requests under way at once. */
const CONCURRENCY = 16;

/**
 * What was in the earlier set, is wanted no more, and is still there: deleted after everything else, in the reverse of the order in
 * which it would be made.
 *
 * @throws Fault with a line for each that the server does not let go.
 */
export async function deletions(
  cluster: Cluster,
  { after, as, earlier, transactions, wanted }: PruneRequest,
): Promise<readonly PlannedObject[]> {
  const refs = unwanted(earlier, wanted, earlier.length === 0 ? [] : await cluster.kinds());
  const identity = as === undefined ? {} : { as };
  const outcomes = await inParallel(refs, CONCURRENCY, async (ref) => {
    const { live } = await liveObject(cluster.client, ref, as);
    // On its way out already: there is nothing to do.
    if (live === undefined || live.metadata.deletionTimestamp !== undefined) return undefined;
    const refusal = await cluster.client.delete(ref, { ...identity, dryRun: true, preconditions: { uid: live.metadata.uid ?? '' } }).then(
      () => undefined,
      (error: unknown) => (isApiError(error) ? error : Promise.reject(error as Error)),
    );
    return { ref, live, ...(refusal === undefined ? {} : { refusal }) };
  });
  const found = gather(outcomes, (outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }).flatMap((one) => (one === undefined ? [] : [one]));
  const stages = [...new Set(found.map(({ ref }) => stageOf(ref.kind)))].sort((a, b) => b - a);
  return gather(found, ({ live, ref, refusal }) => {
    const holder = refusal === undefined ? undefined : lockHolderOf(refusal.status);
    if (refusal !== undefined && holder === undefined) throw new Fault(refusalWords(describeRef(ref), refusal));
    const lock = lockOn(ref, { live, ...(holder === undefined ? {} : { holder }) }, transactions);
    return planned(ref, live, after + 1 + stages.indexOf(stageOf(ref.kind)), lock);
  });
}

function planned(ref: ObjectRef, live: KubeObject, order: number, lock: PlannedObject['lock']): PlannedObject {
  const change = { name: ref.name, type: 'Delete', order, target: 0 } as const;
  const warnings = oneWayDoors({ ...ref, changes: [change] }, change, live);
  return { action: 'delete', ref, order, fields: [], takesOver: [], stays: [], ...(lock === undefined ? {} : { lock }), warnings };
}

/** Objects of kinds that are served in no version any more are gone with their kind. */
function unwanted(earlier: readonly ObjectName[], wanted: readonly Wanted[], kinds: readonly ResourceKind[]): readonly ObjectRef[] {
  const kept = new Set(wanted.map(({ ref: { kind, name, namespace } }) => objectKey(kind, namespace, name)));
  return earlier.flatMap(({ apiVersion, kind: called, name, namespace }) => {
    const kind =
      findKind({ kinds }, { apiVersion, kind: called }) ?? kinds.find((one) => one.kind === called && one.group === groupOf(apiVersion));
    if (kind === undefined) return [];
    const ref = kind.namespaced && namespace !== undefined ? { kind, namespace, name } : { kind, name };
    return kept.has(objectKey(kind, kind.namespaced ? namespace : undefined, name)) ? [] : [ref];
  });
}
