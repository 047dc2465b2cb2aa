import type { ResourceChange } from '../api/resource-change.ts';
import type { KubeClient } from '../kube/client.ts';
import { isApiError, TransportError } from '../kube/errors.ts';
import { inParallel, valuesOf } from '../kube/limit.ts';
import type { Outcome } from '../kube/limit.ts';
import type { KubeObject, ObjectRef } from '../kube/object.ts';
import { RESOURCE_CHANGES } from '../transaction/kinds.ts';
import { Fault } from './fault.ts';

interface Created {
  readonly uid: string;
  readonly warnings: readonly string[];
}

type Attempt = Outcome<ResourceChange, Created>;

/** Requests under way at once. */
const CONCURRENCY = 8;

/**
 * Creates all of these, or none: all are dry-run on the server first, and where one fails nonetheless, or `signal` aborts, those
 * that were created are deleted.
 *
 * @returns the server's warnings, each once.
 * @throws what the first failure was; Fault, naming them, where some that were created could not be deleted.
 */
export async function createAll(client: KubeClient, changes: readonly ResourceChange[], signal: AbortSignal): Promise<readonly string[]> {
  if (changes.length > 1) valuesOf(await inParallel(changes, CONCURRENCY, (change) => send(client, change, signal, true)));
  const attempts = await inParallel(changes, CONCURRENCY, (change) => send(client, change, signal, false));
  const failure = attempts.find((attempt) => attempt.status === 'rejected');
  if (failure === undefined) return [...new Set(valuesOf(attempts).flatMap(({ warnings }) => warnings))];
  const left = changes.length > 1 ? await removeAll(client, attempts) : [];
  if (left.length === 0) throw failure.reason;
  throw new Fault(
    `Not every change could be added, and these were and could not be removed again: ${left.join(', ')}. Delete them ("kubectl delete resourcechange NAME -n NAMESPACE") before you seal.`,
    { cause: failure.reason },
  );
}

async function send(client: KubeClient, change: ResourceChange, signal: AbortSignal, dryRun: boolean): Promise<Created> {
  // An aborted run starts no further request; those under way are cut off.
  if (signal.aborted) throw new TransportError('interrupted', { neverSent: true });
  const { object, warnings } = await client.create(refOf(change), asObject(change), { dryRun, signal });
  return { uid: object.metadata.uid ?? '', warnings };
}

/** Names of those that are there still. */
async function removeAll(client: KubeClient, attempts: readonly Attempt[]): Promise<readonly string[]> {
  const outcomes = await inParallel(attempts, CONCURRENCY, (attempt) => remove(client, attempt));
  return outcomes
    .filter((outcome) => outcome.status === 'rejected')
    .map(({ item }) => `${item.item.metadata.namespace ?? ''}/${item.item.metadata.name ?? ''}`);
}

async function remove(client: KubeClient, attempt: Attempt): Promise<void> {
  const ref = refOf(attempt.item);
  try {
    const uid = attempt.status === 'fulfilled' ? attempt.value.uid : await uidOfUnanswered(client, attempt.item, attempt.reason);
    if (uid !== undefined) await client.delete(ref, { preconditions: { uid } });
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
}

/** The uid of what a create whose answer was lost made after all: the dry run found the name free, so what bears it and is the same is ours. */
async function uidOfUnanswered(client: KubeClient, change: ResourceChange, reason: unknown): Promise<string | undefined> {
  const answered = isApiError(reason) && reason.code < 500;
  if (answered || (reason instanceof TransportError && reason.neverSent)) return undefined;
  const { metadata } = await client.get(refOf(change));
  const owner = change.metadata.ownerReferences?.[0]?.uid;
  return metadata.ownerReferences?.some(({ uid }) => uid === owner) === true ? metadata.uid : undefined;
}

function refOf({ metadata }: ResourceChange): ObjectRef {
  return { kind: RESOURCE_CHANGES, namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}

function asObject(change: ResourceChange): KubeObject {
  return { ...change };
}
