import type { JsonPatchOperation } from '../../kube/client.ts';
import type { FieldsV1, KubeObject } from '../../kube/object.ts';
import { patchOf } from './patch-of.ts';
import type { Lists } from './place.ts';
import { pointerStep, pointerTo } from './pointer.ts';
import { restoredValue } from './restored.ts';
import { meaningOf } from './server-kept.ts';
import { isEmptySet } from './set.ts';
import { touchedFields } from './touched-fields.ts';
import { isMap, own, type JsonMap } from './value.ts';

export interface RestoreInput {
  /** The object as it was before the transaction. */
  readonly before: KubeObject;
  /** The object as it is now. */
  readonly live: KubeObject;
  /** What is put back. The lock label is never part of it. */
  readonly fields: FieldsV1;
  /** What other managers own in `live`: a list item that the transaction added stays if they own something in it. */
  readonly othersOwn?: FieldsV1;
}

// API servers refuse a JSON Patch of more than 10,000 operations, and the caller adds its own.
const OPERATIONS_MAX = 9_000;

/**
 * The JSON Patch that gives each member of `fields` the value, or the absence, that it had before, and changes nothing else.
 * List items are found by merge key in the live object. Containers that were not there before go with the last thing in them;
 * missing ones come back with what the fields list of them. Empty if there is nothing to do. The caller puts its `test` of the
 * lock label in front; a `resourceVersion` need not be tested, since the patch carries tests of its own for all that may have
 * moved: it fails as a whole (HTTP 422) and is then made anew. Throws `FieldsError` at too deep a nesting or an unknown step.
 */
export function restorePatch(input: RestoreInput): readonly JsonPatchOperation[] {
  const { live } = input;
  const { wanted, lists } = wantedOf(input);
  const operations = patchOf(live, wanted, lists);
  return operations.length <= OPERATIONS_MAX ? operations : wholesale(live, wanted);
}

/** The object as that patch leaves it: for a writer that may only replace objects whole. Throws `FieldsError` like it. */
export function restoredObject(input: RestoreInput): KubeObject {
  return wantedOf(input).wanted;
}

/**
 * Which members of `fields` are still not what a rollback wants: empty once its patch has taken effect, whatever others have put
 * into containers that were not there before. `live` is the server's answer to the patch. Throws `FieldsError` like it.
 */
export function unrestoredFields(input: RestoreInput): FieldsV1 {
  return touchedFields(input.fields, input.live, wantedOf(input).wanted);
}

function wantedOf({ before, live, fields, othersOwn }: RestoreInput): { readonly wanted: KubeObject; readonly lists: Lists } {
  const lists: Lists = new Map();
  const node = meaningOf(fields);
  if (isEmptySet(node)) return { wanted: live, lists };
  const wanted = restoredValue({ node, before, live, others: othersOwn, depth: 0 }, lists);
  return { wanted: isObject(wanted) ? wanted : live, lists };
}

// No field set lists kind or name, so that nothing can take them away; this only says so to the compiler.
function isObject(value: unknown): value is KubeObject {
  return isMap(value);
}

/** Too many places for one patch: whole top-level fields instead, right only for the very state that was read. */
function wholesale(live: KubeObject, wanted: unknown): readonly JsonPatchOperation[] {
  const metadata = replaced(own(live, 'metadata'), own(wanted, 'metadata'), pointerTo(['metadata']));
  const rest = replaced({ ...live, metadata: undefined }, isMap(wanted) ? { ...wanted, metadata: undefined } : wanted, '');
  return [{ op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion }, ...metadata, ...rest];
}

function replaced(live: unknown, wanted: unknown, path: string): readonly JsonPatchOperation[] {
  const [now, then]: readonly JsonMap[] = [isMap(live) ? live : {}, isMap(wanted) ? wanted : {}];
  return [...new Set([...Object.keys(now ?? {}), ...Object.keys(then ?? {})])].flatMap((name): readonly JsonPatchOperation[] => {
    const [was, value, place] = [own(now, name), own(then, name), path + pointerStep(name)];
    if (was === value) return [];
    return [value === undefined ? { op: 'remove', path: place } : { op: 'add', path: place, value }];
  });
}
