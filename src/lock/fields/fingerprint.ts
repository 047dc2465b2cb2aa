import { createHash } from 'node:crypto';
import type { FieldsV1, KubeObject } from '../../kube/object.ts';
import { deeper } from './depth.ts';
import { identityOf, indexItems, itemsAt, type ItemIndex } from './list.ts';
import { childOf, isLeaf, isMember, LEAF, stepsOf } from './node.ts';
import { meaningOf, withoutLock, writtenPart } from './server-kept.ts';
import { isEmptySet } from './set.ts';
import { parseStep } from './step.ts';
import { canonicalJson, isList, kindOf, own } from './value.ts';

/**
 * 32 hexadecimal digits (of a SHA-256) that stay the same as long as the values do, to ask later "was it changed since?". Of the
 * fields of a set: equal exactly when `touchedFields` finds nothing. Of the whole `object`: everything apart from status, what
 * the server keeps in metadata, and the lock label. Throws `FieldsError` at too deep a nesting or an unknown step.
 */
export function fingerprint(object: KubeObject, fields: FieldsV1 | 'object'): string {
  return createHash('sha256').update(text(object, fields)).digest('hex').slice(0, 32);
}

function text(object: KubeObject, fields: FieldsV1 | 'object'): string {
  if (fields === 'object') return canonicalJson(writtenPart(object));
  const set = meaningOf(fields);
  return isEmptySet(set) ? '' : valuesAt(set, withoutLock(object), 0);
}

// Each part is JSON or a word that JSON cannot be, so two different states never give the same text.
function valuesAt(node: FieldsV1, value: unknown, depth: number): string {
  if (isLeaf(node)) return value === undefined ? 'absent' : canonicalJson(value);
  const below = deeper(depth);
  const identity = isList(value) ? identityOf(node) : undefined;
  const items = identity === undefined ? undefined : indexItems(value, identity);
  const parts = [...stepsOf(node)]
    .sort()
    .map((step) => `${JSON.stringify(step)}=${valuesBelow(step, childOf(node, step) ?? LEAF, value, items, below)}`);
  if (isMember(node)) parts.push(kindOf(value) === 'scalar' ? canonicalJson(value) : kindOf(value));
  return `(${parts.join(';')})`;
}

function valuesBelow(text: string, child: FieldsV1, value: unknown, items: ItemIndex | undefined, depth: number): string {
  const step = parseStep(text);
  if (step.kind === 'field') return valuesAt(child, own(value, step.name), depth);
  if (step.kind === 'index') return valuesAt(child, isList(value) ? value[step.index] : undefined, depth);
  const found = itemsAt(value, items?.get(step.id));
  return found.length <= 1 ? valuesAt(child, found[0], depth) : `all ${canonicalJson(found)}`;
}
