import type { JsonPatchOperation } from '../../kube/client.ts';
import { keysOf } from './list.ts';
import { longestAscending } from './list-order.ts';
import type { ListOrigins, Lists } from './place.ts';
import { pointerStep } from './pointer.ts';
import { isList, isMap, kindOf, own, type JsonMap } from './value.ts';

/**
 * The JSON Patch (RFC 6902) that turns `live` into `wanted`, where the two share all that is equal by reference. It also holds
 * if the object has moved on since it was read: `test` operations before each step that would hit something else then make it
 * fail as a whole, namely the merge keys of items reached by position, the whole value of a container that goes, and the absence
 * of one that is added (API servers take a `test` for null as true where there is nothing).
 */
export function patchOf(live: unknown, wanted: unknown, lists: Lists): readonly JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  emit(live, wanted, '', lists, operations);
  return operations;
}

function emit(live: unknown, wanted: unknown, path: string, lists: Lists, operations: JsonPatchOperation[]): void {
  if (live === wanted) return;
  const origins = isList(wanted) ? lists.get(wanted) : undefined;
  if (isMap(live) && isMap(wanted)) emitMap(live, wanted, path, lists, operations);
  else if (isList(live) && isList(wanted) && origins !== undefined) emitList(live, wanted, origins, path, lists, operations);
  else operations.push({ op: 'replace', path, value: wanted });
}

function emitMap(live: JsonMap, wanted: JsonMap, path: string, lists: Lists, operations: JsonPatchOperation[]): void {
  for (const name of Object.keys(live)) {
    if (own(wanted, name) !== undefined || own(live, name) === undefined) continue;
    const place = path + pointerStep(name);
    if (isContainer(live[name])) operations.push({ op: 'test', path: place, value: live[name] });
    operations.push({ op: 'remove', path: place });
  }
  for (const name of Object.keys(wanted)) {
    const [now, value, place] = [own(live, name), own(wanted, name), path + pointerStep(name)];
    if (value === undefined) continue;
    if (now !== undefined) {
      emit(now, value, place, lists, operations);
      continue;
    }
    if (isContainer(value)) operations.push({ op: 'test', path: place, value: null });
    operations.push({ op: 'add', path: place, value });
  }
}

// Changes in place first, while positions are as read; then removals from the end; then additions from the start.
function emitList(
  live: readonly unknown[],
  wanted: readonly unknown[],
  { origins, identity }: ListOrigins,
  path: string,
  lists: Lists,
  operations: JsonPatchOperation[],
): void {
  const at = (position: number): string => path + pointerStep(position);
  const guards = (item: unknown, position: number): readonly JsonPatchOperation[] =>
    identity.by === 'value' || !isMap(item)
      ? [{ op: 'test', path: at(position), value: item }]
      : keysOf(item, identity.names).map(([name, value]) => ({ op: 'test', path: at(position) + pointerStep(name), value }));
  const known = origins.flatMap((origin, index) => (origin === undefined ? [] : [{ origin, index }]));
  const stays = new Map(
    longestAscending(known.map(({ origin }) => origin)).flatMap((position) =>
      known[position] === undefined ? [] : [[known[position].index, known[position].origin]],
    ),
  );
  for (const [index, origin] of stays) {
    const inner: JsonPatchOperation[] = [];
    emit(live[origin], wanted[index], at(origin), lists, inner);
    if (inner.length > 0) operations.push(...guards(live[origin], origin), ...inner);
  }
  const staying = new Set(stays.values());
  for (let position = live.length - 1; position >= 0; position--) {
    if (!staying.has(position))
      operations.push({ op: 'test', path: at(position), value: live[position] }, { op: 'remove', path: at(position) });
  }
  wanted.forEach((value, index) => {
    if (stays.has(index)) return;
    if (index > 0) operations.push(...guards(wanted[index - 1], index - 1));
    operations.push({ op: 'add', path: at(index), value });
  });
}

function isContainer(value: unknown): boolean {
  const kind = kindOf(value);
  return kind === 'map' || kind === 'list';
}
