import { FieldsError } from './depth.ts';
import { canonicalJson, isMap } from './value.ts';

/** One step of a path in a field set. */
export type Step =
  /** `f:<name>`: a member of a map. */
  | { readonly kind: 'field'; readonly name: string }
  /** `k:{…}`: the item of a list that has these merge keys. `id` is the same for the same keys, however written. */
  | { readonly kind: 'item'; readonly id: string; readonly keys: readonly (readonly [name: string, value: unknown])[] }
  /** `v:<value>`: a member of a list that is a set. */
  | { readonly kind: 'member'; readonly id: string; readonly value: unknown }
  /** `i:<index>`: the item at a position. */
  | { readonly kind: 'index'; readonly index: number };

// Parsing JSON again and again is most of the work on a Deployment; its keys are few and come back in every set.
const parsed = new Map<string, Step>();
const PARSED_MAX = 4096;
const PARSED_LENGTH_MAX = 256;

/** Reads a step other than `.`. Throws `FieldsError` for one that structured-merge-diff does not define. */
export function parseStep(step: string): Step {
  if (step.startsWith('f:')) return { kind: 'field', name: step.slice(2) };
  const known = parsed.get(step);
  if (known !== undefined) return known;
  const read = readStep(step);
  if (step.length <= PARSED_LENGTH_MAX) {
    if (parsed.size >= PARSED_MAX) parsed.clear();
    parsed.set(step, read);
  }
  return read;
}

/** The step to an item with these merge keys, which must be sorted by name, as API servers write them. */
export function itemStep(keys: readonly (readonly [string, unknown])[]): string {
  return `k:{${keys.map(([name, value]) => `${JSON.stringify(name)}:${canonicalJson(value)}`).join(',')}}`;
}

/** The step to a member of a set. */
export function memberStep(value: unknown): string {
  return `v:${canonicalJson(value)}`;
}

function readStep(step: string): Step {
  const text = step.slice(2);
  if (step.startsWith('i:') && /^\d{1,9}$/.test(text)) return { kind: 'index', index: Number(text) };
  const value = step.startsWith('k:') || step.startsWith('v:') ? parseJson(text) : undefined;
  if (value !== undefined && step.startsWith('v:')) return { kind: 'member', id: memberStep(value), value };
  if (isMap(value) && Object.keys(value).length > 0) {
    const keys = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return { kind: 'item', id: itemStep(keys), keys };
  }
  throw new FieldsError(`The field set has a step that Janus does not know: ${JSON.stringify(step.slice(0, 100))}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
