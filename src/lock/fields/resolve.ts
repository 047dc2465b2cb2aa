import { FieldsError, MAX_DEPTH } from './depth.ts';
import { pointerTo } from './pointer.ts';
import { parseStep, type Step } from './step.ts';
import { equalValues, isList, isMap, own } from './value.ts';

/** Where a path of a field set leads in one object. */
export type Resolved =
  /** `pointer` is a JSON Pointer (RFC 6901) into that object, valid as long as no list of it changes. */
  { readonly found: true; readonly pointer: string; readonly value: unknown } | { readonly found: false };

const NOWHERE: Resolved = { found: false };

/**
 * Follows the steps of a path through an object. Items are found by their merge keys in the object's own list, where the server
 * has put in defaulted keys, never in what a user wrote; of several that match, the first. Throws `FieldsError` for unknown
 * steps and paths longer than `MAX_DEPTH`.
 */
export function resolvePath(object: unknown, steps: readonly string[]): Resolved {
  if (steps.length > MAX_DEPTH) throw new FieldsError(`The path is longer than ${MAX_DEPTH} steps.`);
  let value = object;
  const tokens: (string | number)[] = [];
  for (const text of steps) {
    const token = tokenOf(value, parseStep(text));
    if (token === undefined) return NOWHERE;
    value = typeof token === 'number' && isList(value) ? value[token] : own(value, String(token));
    tokens.push(token);
  }
  return value === undefined ? NOWHERE : { found: true, pointer: pointerTo(tokens), value };
}

function tokenOf(value: unknown, step: Step): string | number | undefined {
  if (step.kind === 'field') return isMap(value) ? step.name : undefined;
  if (!isList(value)) return undefined;
  const index = step.kind === 'index' ? step.index : value.findIndex((item) => matches(item, step));
  return index >= 0 && index < value.length ? index : undefined;
}

function matches(item: unknown, step: Step): boolean {
  if (step.kind === 'member') return equalValues(item, step.value);
  return step.kind === 'item' && step.keys.every(([name, key]) => own(item, name) !== undefined && equalValues(own(item, name), key));
}
