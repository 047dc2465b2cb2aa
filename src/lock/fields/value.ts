import { deeper } from './depth.ts';

/** A JSON object. Its members are read with `own`, since their names come from outside. */
export type JsonMap = Readonly<Record<string, unknown>>;

/** What a place in an object holds. `null` is a scalar. */
export type ValueKind = 'absent' | 'map' | 'list' | 'scalar';

/** What is at a place; `undefined` stands for nothing at all, since JSON has no such value. */
export function kindOf(value: unknown): ValueKind {
  if (value === undefined) return 'absent';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' && value !== null ? 'map' : 'scalar';
}

/** True for a JSON object, not for lists or null. */
export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a JSON array, however hostile its contents. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** A map's own member; `undefined` for anything inherited, absent, or not a map. */
export function own(value: unknown, name: string): unknown {
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Sets a member even if it is called `__proto__`, which plain assignment would take for the prototype. */
export function put<T>(map: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') Object.defineProperty(map, name, { value, writable: true, enumerable: true, configurable: true });
  else map[name] = value;
}

/** Equality as JSON sees it: the order of members says nothing, the order of items does. Throws `FieldsError` at too deep a nesting. */
export function equalValues(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && equalLists(a, b, deeper(depth));
  return isMap(a) && isMap(b) && equalMaps(a, b, deeper(depth));
}

/** JSON with sorted members and without white space: equal values have equal text. Throws `FieldsError` at too deep a nesting. */
export function canonicalJson(value: unknown, depth = 0): string {
  if (isList(value)) return `[${value.map((item) => canonicalJson(item ?? null, deeper(depth))).join(',')}]`;
  if (!isMap(value)) return JSON.stringify(value ?? null);
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  return `{${names
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name], deeper(depth))}`)
    .join(',')}}`;
}

function equalLists(a: readonly unknown[], b: readonly unknown[], depth: number): boolean {
  return a.length === b.length && a.every((item, index) => equalValues(item, b[index], depth));
}

function equalMaps(a: JsonMap, b: JsonMap, depth: number): boolean {
  let shared = 0;
  for (const name of Object.keys(a)) {
    if (a[name] === undefined) continue;
    if (!Object.hasOwn(b, name) || !equalValues(a[name], b[name], depth)) return false;
    shared += 1;
  }
  return Object.keys(b).filter((name) => b[name] !== undefined).length === shared;
}
