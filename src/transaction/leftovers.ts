import { isApiError } from '../kube/errors.ts';
import { inParallel } from '../kube/limit.ts';
import { apiVersionOf, type KubeObject } from '../kube/object.ts';
import { isEmptySet } from '../lock/fields/set.ts';
import { isLockOf, LOCK_LABEL, parseLockLabel, type LockLabel } from '../lock/label.ts';
import { serviceAccountUser, type SagaContext } from './context.ts';
import { writtenBy } from './field-manager.ts';
import { LOCK_POINTER } from './lock-label.ts';
import { readAs } from './read.ts';
import type { SagaRecord, SagaTarget } from './record.ts';
import { describeTarget, grantTargetOf, refOf } from './target.ts';

/** An object that carries a label of a transaction which has ended. */
interface Leftover {
  readonly target: SagaTarget;
  readonly object: KubeObject;
  readonly lock: LockLabel;
}

/**
 * Cleans up after a transaction that has ended: a write that was under way at the end, and landed after it, may have left a
 * label, or an object. Labels are void by now, so they are taken off without a grant, as the transaction's ServiceAccount:
 * Janus itself has no right on users' objects. What a Create made whose transaction was rolled back is deleted.
 * @returns how many objects could not be cleaned up, or not be looked at
 */
export async function cleanUp(context: SagaContext, record: SagaRecord): Promise<number> {
  const outcomes = await inParallel(placesOf(record), context.settings.concurrency, (targets) => find(context, record, targets));
  const found = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  const cleaned = await inParallel(found, context.settings.concurrency, (one) => clean(context, record, one));
  for (const outcome of cleaned) tell(context, record, outcome.item, outcome.status === 'rejected' ? outcome.reason : undefined);
  return [...outcomes, ...cleaned].filter(({ status }) => status === 'rejected').length;
}

/** Targets by where they can be listed together. */
function placesOf({ targets }: SagaRecord): readonly (readonly SagaTarget[])[] {
  const places = new Map<string, SagaTarget[]>();
  for (const target of targets) {
    const key = `${apiVersionOf(target.kind)} ${target.kind.resource} ${target.namespace ?? ''}`;
    places.set(key, [...(places.get(key) ?? []), target]);
  }
  return [...places.values()];
}

/** By one list where the ServiceAccount may list, else one by one. */
async function find(context: SagaContext, record: SagaRecord, targets: readonly SagaTarget[]): Promise<readonly Leftover[]> {
  const [first] = targets;
  if (first === undefined) return [];
  const objects = (await listed(context, record, first)) ?? (await readEach(context, record, targets));
  return objects.flatMap((object) => leftoverIn(record, targets, object) ?? []);
}

async function listed(
  context: SagaContext,
  record: SagaRecord,
  { kind, namespace }: SagaTarget,
): Promise<readonly KubeObject[] | undefined> {
  const as = { user: serviceAccountUser(record.transaction.namespace, record.serviceAccountName) };
  const place = namespace === undefined ? {} : { namespace };
  try {
    return (await context.client.list(kind, { ...place, labelSelector: LOCK_LABEL, limit: 500, metadataOnly: true, as })).items;
  } catch (error) {
    if (isApiError(error, 403)) return undefined;
    // The kind is served no more: what there was of it is gone, too.
    if (isApiError(error, 404)) return [];
    throw error;
  }
}

async function readEach(context: SagaContext, record: SagaRecord, targets: readonly SagaTarget[]): Promise<readonly KubeObject[]> {
  const objects: KubeObject[] = [];
  for (const target of targets) {
    const object = await readAs(context, record, target);
    if (object !== undefined) objects.push(object);
  }
  return objects;
}

function leftoverIn(record: SagaRecord, targets: readonly SagaTarget[], object: KubeObject): Leftover | undefined {
  const target = targets.find(({ name }) => name === object.metadata.name);
  const lock = parseLockLabel(object.metadata.labels?.[LOCK_LABEL]);
  if (target === undefined || lock?.transaction !== record.transaction.uid) return undefined;
  return isLockOf(lock, grantTargetOf(target, object.metadata.uid)) ? { target, object, lock } : undefined;
}

/** Every write carries what a later one cannot meet: should the transaction be opened again meanwhile, its new label stays. */
async function clean(context: SagaContext, record: SagaRecord, leftover: Leftover): Promise<void> {
  const { lock, object, target } = leftover;
  const as = { user: serviceAccountUser(record.transaction.namespace, record.serviceAccountName) };
  const { uid = '', resourceVersion = '' } = object.metadata;
  const operations = [
    { op: 'test', path: LOCK_POINTER, value: lock.value },
    { op: 'remove', path: LOCK_POINTER },
  ] as const;
  try {
    if (isOfLateCreate(record, leftover)) await context.client.delete(refOf(target), { as, preconditions: { uid, resourceVersion } });
    else await context.client.patch(refOf(target), { type: 'json', operations }, { as, fieldManager: 'janus-lock' });
  } catch (error) {
    // Gone, moved or without the label by now: whoever did that has cleaned up, or the next look finds it.
    if (!isApiError(error, 404, 409, 422)) throw error;
  }
}

/** Whether the object came into being by a change of a transaction that was rolled back; one that the rollback made again is to stay. */
function isOfLateCreate({ phase, transaction }: SagaRecord, { lock, object }: Leftover): boolean {
  return phase === 'RolledBack' && lock.of === 'creation' && !isEmptySet(writtenBy(transaction, object));
}

function tell(context: SagaContext, record: SagaRecord, { target }: Leftover, error: unknown): void {
  const result = error === undefined ? ({ result: 'ok' } as const) : ({ result: 'error', words: (error as Error).message } as const);
  context.emit({ type: 'lock', of: record.transaction, operation: 'release', object: describeTarget(target), ...result });
}
