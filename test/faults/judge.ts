import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../src/kube/object.ts';
import type { Outcome, Reference } from './run.ts';
import { reborn, type EndState, type Objects } from './state.ts';

/**
 * How often a death may make the same things be written again: every change is made once more, every object's label is
 * written over, and the successor claims the record and says so.
 */
export function writesAllowed(reference: Reference): number {
  const objects = reference.scenario.changes(reference.namespace).length;
  return 2 * reference.writes + 2 * objects + 3;
}

/** What an undisturbed run itself gets wrong. */
export function faultsOf(reference: Reference): readonly string[] {
  const { scenario, state, before, after } = reference;
  const { phase } = state.transaction;
  const off = scenario.ends === 'RolledBack' ? traces(before, after, reference) : [];
  return phase === scenario.ends ? off : [`it ends ${String(phase)}: ${JSON.stringify(state.transaction)}`];
}

/** What is not as it would be if nobody had died; empty where the death left no trace. */
export function differencesOf(outcome: Outcome, reference: Reference): readonly string[] {
  const allowed = writesAllowed(reference);
  const tooMany = outcome.writes > allowed ? [`${String(outcome.writes)} writes, and ${String(allowed)} would have done`] : [];
  return [...stateDifferencesOf(outcome, reference), ...tooMany];
}

/** As `differencesOf`, however often anything was written. */
export function stateDifferencesOf(outcome: Reference, reference: Reference): readonly string[] {
  return [
    ...diff(reference.state, told(outcome.state, reference.state), ''),
    ...(outcome.scenario.ends === 'RolledBack' ? traces(outcome.before, outcome.after, reference) : []),
  ];
}

/**
 * What only the dead process knew and nobody reads for a decision may be missing in the status of a transaction that was rolled
 * back: that all was prepared, that a change had been made before it was undone, and which of them failed. It never says more than was.
 */
function told(found: EndState, expected: EndState): EndState {
  if (found.transaction.phase !== 'RolledBack') return found;
  const items = found.transaction.items.map((item, at) => {
    const wanted = expected.transaction.items[at];
    const undone = !item.committed && !item.rolledBack && wanted?.rolledBack === true;
    return {
      ...item,
      ...(undone ? { committed: true, rolledBack: true } : {}),
      prepared: item.prepared || wanted?.prepared === true,
      ...(item.error === undefined && wanted?.error !== undefined ? { error: wanted.error } : {}),
    };
  });
  const untold = expected.transaction.conditions.filter(
    (one) => one.startsWith('Prepared ') && !found.transaction.conditions.includes(one),
  );
  const conditions = [...found.transaction.conditions, ...untold].sort();
  return { ...found, transaction: { ...found.transaction, items, conditions } };
}

/** What a rollback has not put back. An object that the undisturbed run had to make anew may be another of the same name. */
function traces(before: Objects, after: Objects, reference: Reference): readonly string[] {
  const remade = (key: string): boolean => uidOf(reference.before[key]) !== uidOf(reference.after[key]);
  const comparable = (objects: Objects): Objects =>
    Object.fromEntries(Object.entries(objects).map(([key, object]) => [key, remade(key) ? reborn({ [key]: object })[key] : object]));
  return diff(comparable(before), comparable(after), 'against what was before: ');
}

function uidOf(object: unknown): string | undefined {
  return (object as KubeObject | undefined)?.metadata.uid;
}

/** Paths at which two values differ, with both. */
function diff(expected: unknown, found: unknown, path: string): readonly string[] {
  if (isDeepStrictEqual(expected, found)) return [];
  if (!isObject(expected) || !isObject(found)) return [`${path} should be ${brief(expected)} and is ${brief(found)}`];
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  return keys.flatMap((key) => diff(expected[key], found[key], `${path}/${key}`));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? 'absent' : text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
