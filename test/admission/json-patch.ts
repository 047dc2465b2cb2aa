import type { JsonPatchOperation } from '../../src/kube/client.ts';

/** Applies a JSON Patch strictly, as RFC 6902 says: a parent that is missing is an error. */
export function applyPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  const copy: unknown = structuredClone(document);
  for (const operation of operations) applyOne(copy, operation);
  return copy;
}

function applyOne(document: unknown, { op, path, value }: JsonPatchOperation): void {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop();
  let parent = document;
  for (const key of keys) parent = child(parent, key, path);
  if (typeof parent !== 'object' || parent === null || last === undefined) throw new Error(`no parent for ${path}`);
  const target = parent as Record<string, unknown>;
  if (op === 'add' && Array.isArray(parent) && last === '-') parent.push(value);
  else if (op === 'add') target[last] = value;
  else if (op === 'remove' && last in target) Reflect.deleteProperty(target, last);
  else throw new Error(`cannot ${op} ${path}`);
}

function child(parent: unknown, key: string, path: string): unknown {
  if (typeof parent !== 'object' || parent === null || !(key in parent)) throw new Error(`${path} has no parent`);
  return (parent as Record<string, unknown>)[key];
}
