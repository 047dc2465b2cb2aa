import type { KubeObject, ManagedFieldsEntry } from '../../../src/kube/object.ts';
import type { ObjectWrite, Writer } from '../history.ts';
import { lockOf } from '../locks.ts';
import type { AuditedRequest } from './audit-log.ts';

/** Finds for each write the request that made it. Those of which the audit log does not tell stay without a writer. */
export function attributed(writes: readonly ObjectWrite[], requests: readonly AuditedRequest[]): readonly ObjectWrite[] {
  const accepted = requests.filter(({ code, dryRun }) => code >= 200 && code < 300 && !dryRun);
  const byRevision = indexed(accepted, ({ revision }) => (revision === undefined ? [] : [revision]));
  const deletions = indexed(
    accepted.filter(({ verb }) => verb === 'delete' || verb === 'deletecollection'),
    ({ uids }) => uids,
  );
  const unanswered = indexed(
    requests.filter(({ code, dryRun }) => (code === 0 || code >= 499) && !dryRun),
    ({ key }) => [key],
  );
  return writes.map((write) => {
    const answered = writerOf(write, byRevision, deletions);
    const left = write.after === undefined ? undefined : changedManagers(write.before, write.after);
    // A stranger's write that changed nothing is answered with the version of a write whose own answer was lost.
    const doubtful = answered === undefined || (answered.grant === undefined && left?.has(answered.fieldManager) === false);
    const lost = doubtful ? (unanswered.get(write.key) ?? []).find((request) => isLikely(write, request)) : undefined;
    const request = lost ?? answered;
    return request === undefined ? write : { ...write, by: writerFrom(request) };
  });
}

/**
 * Whether a request whose answer was lost may have made a write: the log tells what its grant allowed, and no write by
 * anybody else looks like that.
 */
function isLikely({ key, before, after }: ObjectWrite, { grant, fieldManager }: AuditedRequest): boolean {
  if (grant === undefined) return false;
  const [was, is] = [lockOf(key, before), lockOf(key, after)];
  const own = (lock: typeof was): boolean => lock?.transaction === grant.transaction && lock.attempt === grant.attempt;
  // An object whose managedFields somebody has cleared keeps none.
  const isLeft = changedManagers(before, after).has(fieldManager) || (after?.metadata.managedFields ?? []).length === 0;
  switch (grant.action) {
    case 'lock':
      return own(is) && !own(was);
    case 'unlock':
      return own(was) && after !== undefined && is === undefined;
    case 'create':
    case 'recreate':
      return before === undefined && own(is);
    case 'delete':
      return own(was) && (after === undefined || (isTerminating(after) && !isTerminating(before)));
    default:
      return own(was) && own(is) && isLeft;
  }
}

function writerOf(
  write: ObjectWrite,
  byRevision: ReadonlyMap<number, readonly AuditedRequest[]>,
  deletions: ReadonlyMap<string, readonly AuditedRequest[]>,
): AuditedRequest | undefined {
  const candidates = (byRevision.get(write.revision) ?? []).filter(({ key }) => key === write.key);
  // What waits for finalizers is gone when the last of them is: that is not the work of whoever deleted it.
  if (write.after === undefined)
    return candidates[0] ?? (isTerminating(write.before) ? undefined : deletions.get(write.before?.metadata.uid ?? '')?.at(-1));
  if (candidates.length <= 1) return candidates[0];
  const granted = candidates.find((request) => isLikely(write, request));
  if (granted !== undefined) return granted;
  // Writes that changed nothing answer with the version that they found: the one who made it has left his name there.
  const managers = changedManagers(write.before, write.after);
  return candidates.find(({ fieldManager }) => managers.has(fieldManager)) ?? candidates[0];
}

function isTerminating(object: KubeObject | undefined): boolean {
  return object?.metadata.deletionTimestamp !== undefined;
}

function writerFrom({ user, verb, subresource, grant }: AuditedRequest): Writer {
  return { user, verb, subresource, ...(grant === undefined ? {} : { grant }) };
}

/** Whose entries a write has moved: restored ones have times long past. */
function changedManagers(before: KubeObject | undefined, after: KubeObject | undefined): ReadonlySet<string> {
  const text = (entry: ManagedFieldsEntry): string => JSON.stringify(entry);
  const earlier = before?.metadata.managedFields ?? [];
  const had = new Set(earlier.map(text));
  const latest = earlier.map(({ time = '' }) => time).reduce((a, b) => (a > b ? a : b), '');
  const moved = (after?.metadata.managedFields ?? []).filter((entry) => !had.has(text(entry)) && (entry.time ?? '') >= latest);
  return new Set(moved.map(({ manager = '' }) => manager));
}

function indexed<K>(
  requests: readonly AuditedRequest[],
  keysOf: (request: AuditedRequest) => readonly K[],
): ReadonlyMap<K, readonly AuditedRequest[]> {
  const index = new Map<K, AuditedRequest[]>();
  for (const request of requests)
    for (const key of keysOf(request)) {
      const found = index.get(key);
      if (found === undefined) index.set(key, [request]);
      else found.push(request);
    }
  return index;
}
