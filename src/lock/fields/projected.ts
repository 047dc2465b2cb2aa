import type { FieldsV1 } from '../../kube/object.ts';
import { deeper } from './depth.ts';
import { identityOf, idOf } from './list.ts';
import { childOf, isLeaf, isMember, LEAF, stepsOf } from './node.ts';
import { parseStep } from './step.ts';
import { isList, isMap, own, put, type JsonMap } from './value.ts';

/**
 * Only that of a value which a node lists; items keep their merge keys, without which they would be no items. Undefined if there
 * is nothing of it. Throws `FieldsError` at too deep a nesting or an unknown step.
 */
export function projected(node: FieldsV1, value: unknown, depth: number): unknown {
  if (isLeaf(node)) return value;
  if (isMap(value)) return projectedMap(node, value, deeper(depth));
  if (isList(value)) return projectedList(node, value, deeper(depth));
  return isMember(node) ? value : undefined;
}

function projectedMap(node: FieldsV1, map: JsonMap, depth: number): unknown {
  const result: Record<string, unknown> = {};
  for (const text of stepsOf(node)) {
    const step = parseStep(text);
    const member = step.kind === 'field' ? projected(childOf(node, text) ?? LEAF, own(map, step.name), depth) : undefined;
    if (step.kind === 'field' && member !== undefined) put(result, step.name, member);
  }
  return isMember(node) || Object.keys(result).length > 0 ? result : undefined;
}

function projectedList(node: FieldsV1, list: readonly unknown[], depth: number): unknown {
  const steps = stepsOf(node).map((text) => [parseStep(text), childOf(node, text) ?? LEAF] as const);
  if (steps.some(([step]) => step.kind === 'index')) return list;
  const identity = identityOf(node);
  const result: unknown[] = [];
  for (const item of identity === undefined ? [] : list) {
    const id = identity === undefined ? undefined : idOf(item, identity);
    const found = steps.find(([step]) => (step.kind === 'item' || step.kind === 'member') && step.id === id);
    const value = found === undefined ? undefined : projectedItem(found[1], item, found[0].kind === 'item' ? found[0].keys : [], depth);
    if (value !== undefined) result.push(value);
  }
  return isMember(node) || result.length > 0 ? result : undefined;
}

/** An item with what the node lists of it and its merge keys. */
export function projectedItem(node: FieldsV1, item: unknown, keys: readonly (readonly [string, unknown])[], depth: number): unknown {
  const value = projected(node, item, depth);
  return isMap(value) ? { ...Object.fromEntries(keys), ...value } : value;
}
