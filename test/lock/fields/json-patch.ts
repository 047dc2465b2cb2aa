import type { JsonPatchOperation } from '../../../src/kube/client.ts';

type Container = Record<string, unknown> | unknown[];

/** Applies a JSON Patch as an API server does: in order, wholly or not at all, with a test for null passing where there is nothing. */
export function applyPatch<T>(document: T, operations: readonly JsonPatchOperation[]): T {
  const result = structuredClone(document);
  for (const operation of operations) applyOne(result, operation);
  return result;
}

function applyOne(document: unknown, { op, path, value }: JsonPatchOperation): void {
  const tokens = path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = tokens.pop();
  if (last === undefined) throw new Error('The whole document is never patched.');
  let parent = document;
  for (const token of tokens) parent = member(container(parent, path), token, path);
  const place = container(parent, path);
  if (op === 'test') {
    const found = Array.isArray(place) ? member(place, last, path) : Object.hasOwn(place, last) ? place[last] : null;
    if (canonical(found) !== canonical(value)) throw new Error(`test of ${path} failed: ${canonical(found)} is not ${canonical(value)}`);
    return;
  }
  if (Array.isArray(place)) changeList(place, op, last, value, path);
  else changeMap(place, op, last, value, path);
}

function changeList(list: unknown[], op: string, token: string, value: unknown, path: string): void {
  const index = Number(token);
  if (!Number.isInteger(index) || index < 0 || index > list.length - (op === 'add' ? 0 : 1)) throw new Error(`no such index: ${path}`);
  if (op === 'add') list.splice(index, 0, structuredClone(value));
  else if (op === 'remove') list.splice(index, 1);
  else list[index] = structuredClone(value);
}

function changeMap(map: Record<string, unknown>, op: string, name: string, value: unknown, path: string): void {
  if (op !== 'add' && !Object.hasOwn(map, name)) throw new Error(`no such member: ${path}`);
  if (op === 'remove') Reflect.deleteProperty(map, name);
  else Object.defineProperty(map, name, { value: structuredClone(value), writable: true, enumerable: true, configurable: true });
}

function container(value: unknown, path: string): Container {
  if (typeof value !== 'object' || value === null) throw new Error(`nothing to go into: ${path}`);
  return value as Container;
}

function member(place: Container, token: string, path: string): unknown {
  if (!Object.hasOwn(place, token)) throw new Error(`no such member: ${path}`);
  return (place as Record<string, unknown>)[token];
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
