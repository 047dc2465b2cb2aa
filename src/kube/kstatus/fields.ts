import type { KubeObject } from '../object.ts';

/** A condition of an object, as far as a status needs it. */
export interface StatusCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The value at a path of mapping keys, or undefined where the path ends early. */
export function at(object: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined), object);
}

/** The integer at a path, or `otherwise` where there is none. */
export function integerAt(object: KubeObject, otherwise: number, ...path: readonly string[]): number {
  const value = at(object, ...path);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : otherwise;
}

/** The string at a path, or `''` where there is none. */
export function stringAt(object: KubeObject, ...path: readonly string[]): string {
  return text(at(object, ...path));
}

/** `status.conditions` without the entries that are no conditions. */
export function conditionsOf(object: KubeObject): readonly StatusCondition[] {
  const list = at(object, 'status', 'conditions');
  if (!Array.isArray(list)) return [];
  return list
    .map((entry: unknown) => ({
      type: text(at(entry, 'type')),
      status: text(at(entry, 'status')),
      reason: text(at(entry, 'reason')),
      message: text(at(entry, 'message')),
    }))
    .filter(({ type }) => type !== '');
}

/** The condition of a type if it has this status. */
export function conditionWith(object: KubeObject, type: string, status: 'True' | 'False' | 'Unknown'): StatusCondition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type && condition.status === status);
}

/** What a condition says, in words: its message, else its reason, else its name. */
export function wordsOf(condition: StatusCondition): string {
  if (condition.message !== '') return condition.message;
  return condition.reason === '' ? `${condition.type} is ${condition.status}` : condition.reason;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
