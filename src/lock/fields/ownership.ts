import type { FieldsV1, ManagedFieldsEntry } from '../../kube/object.ts';
import { LOCK_LABEL_FIELDS } from './server-kept.ts';
import { differenceOf, equalSets, intersectionOf, isEmptySet, unionOf, wireForm } from './set.ts';

export interface OwnershipInput {
  /** managedFields as they were before the transaction, without our managers. */
  readonly before: readonly ManagedFieldsEntry[];
  /** managedFields as they are now, after the values were put back. */
  readonly live: readonly ManagedFieldsEntry[];
  /** Whether a manager is one of this transaction's. */
  readonly ours: (manager: string) => boolean;
  /** The fields that were put back. */
  readonly restored: FieldsV1;
  /** The apiVersion that `restored` is written in. */
  readonly apiVersion: string;
}

/** Where API servers (since 1.18) gather the oldest Update entries once there are more than ten. */
const BUCKET = 'ancient-changes';
/** To whom API servers give all fields of an object without managedFields at the first apply. */
const FIRST_APPLY = 'before-first-apply';

/** Written as managedFields this clears them: an empty list would leave them as they are. */
const CLEARED: readonly ManagedFieldsEntry[] = [{}];

/**
 * The managedFields that give each field that was put back to its earlier owners again, and leave all others to whom they belong
 * now. Without our managers. For each earlier manager: what it owns now, and what it owned of the restored fields. It must be
 * written alone, in a write that changes no values: in one with them, the server charges the writer with the values and the
 * earlier owners vanish. Nobody owns the lock label. `[{}]` where there were no managedFields.
 *
 * An entry in another apiVersion names fields that `restored` cannot be compared with. It gets back all it had if it has vanished,
 * or if neither it nor any other manager wrote meanwhile: then only we can have taken it.
 */
export function restoreOwnership({ before, live, ours, restored, apiVersion }: OwnershipInput): readonly ManagedFieldsEntry[] {
  const foreign = live.filter((entry) => !ours(entry.manager ?? ''));
  if (before.length === 0 && foreign.every((entry) => entry.manager === FIRST_APPLY)) return CLEARED;
  const now = new Map(foreign.map((entry) => [identityOf(entry), entry]));
  const earlier = new Map(before.map((entry) => [identityOf(entry), entry]));
  const quiet = foreign.every((entry) => isAsBefore(entry, earlier.get(identityOf(entry))));
  const gathered = foreign.find((entry) => isBucket(entry, apiVersion))?.fieldsV1 ?? {};
  const scattered = before.filter(
    (entry) => entry.operation === 'Update' && entry.apiVersion === apiVersion && !now.has(identityOf(entry)),
  );
  const given = before.map((entry): ManagedFieldsEntry | undefined => {
    const current = now.get(identityOf(entry));
    if (entry.apiVersion !== apiVersion) return current === undefined || quiet ? entry : current;
    if (current !== undefined && isBucket(entry, apiVersion)) return bucketOf(entry, current, scattered, restored);
    const missing = scattered.includes(entry) ? unionOf(restored, gathered) : restored;
    return entryOf(entry, current, unionOf(current?.fieldsV1, intersectionOf(entry.fieldsV1 ?? {}, missing)));
  });
  const since = foreign
    .filter((entry) => !earlier.has(identityOf(entry)))
    .map((entry) => (isBucket(entry, apiVersion) ? bucketOf(undefined, entry, scattered, restored) : entry));
  const entries = [...given, ...since].flatMap((entry) => (entry === undefined ? [] : withoutLockLabel(entry)));
  return entries.length === 0 ? CLEARED : entries;
}

function identityOf({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  return JSON.stringify([manager ?? '', operation ?? '', apiVersion ?? '', subresource ?? '']);
}

/** The earlier entry itself where it is the same again; a manager that wrote meanwhile keeps the time of that. */
function entryOf(earlier: ManagedFieldsEntry, current: ManagedFieldsEntry | undefined, fields: FieldsV1): ManagedFieldsEntry | undefined {
  const untouched = current === undefined || current.time === earlier.time;
  if (untouched && equalSets(fields, earlier.fieldsV1 ?? {})) return earlier;
  if (current !== undefined && equalSets(fields, current.fieldsV1 ?? {})) return current;
  return isEmptySet(fields) ? undefined : { ...(current ?? earlier), fieldsV1: wireForm(fields) };
}

/** True for an entry that its manager has not written since, and that has gained nothing. */
function isAsBefore(entry: ManagedFieldsEntry, earlier: ManagedFieldsEntry | undefined): boolean {
  return earlier !== undefined && entry.time === earlier.time && isEmptySet(differenceOf(entry.fieldsV1 ?? {}, earlier.fieldsV1 ?? {}));
}

function isBucket(entry: ManagedFieldsEntry, apiVersion: string): boolean {
  return entry.manager === BUCKET && entry.operation === 'Update' && entry.apiVersion === apiVersion;
}

/** The server's bucket without what it gathered since from us and from the managers that now get their own back. */
function bucketOf(
  earlier: ManagedFieldsEntry | undefined,
  current: ManagedFieldsEntry,
  scattered: readonly ManagedFieldsEntry[],
  restored: FieldsV1,
): ManagedFieldsEntry | undefined {
  const [had, has] = [earlier?.fieldsV1 ?? {}, current.fieldsV1 ?? {}];
  const gained = [...scattered.map((entry) => entry.fieldsV1 ?? {}), restored].reduce(differenceOf, has);
  const fields = unionOf(gained, intersectionOf(had, unionOf(has, restored)));
  if (earlier !== undefined && equalSets(fields, had)) return earlier;
  return isEmptySet(fields) ? undefined : { ...current, fieldsV1: wireForm(fields) };
}

function withoutLockLabel(entry: ManagedFieldsEntry): readonly ManagedFieldsEntry[] {
  const { fieldsV1 } = entry;
  if (fieldsV1 === undefined || isEmptySet(intersectionOf(fieldsV1, LOCK_LABEL_FIELDS))) return [entry];
  const rest = differenceOf(fieldsV1, LOCK_LABEL_FIELDS);
  return isEmptySet(rest) ? [] : [{ ...entry, fieldsV1: wireForm(rest) }];
}
