import type { FieldsV1, KubeObject } from '../../src/kube/object.ts';
import { canonical, isMap } from './leaves.ts';
import { LABEL } from './locks.ts';

/**
 * The places of a set of fields that have other values after a write than before it. Written from the documentation of FieldsV1,
 * not from src/lock. A place that holds others in the set says only that they have one: it is looked at through them.
 */
export function touchedPlaces(fields: FieldsV1, before: KubeObject, after: KubeObject): readonly string[] {
  return touched(fields, before, after, '');
}

function touched(node: FieldsV1, before: unknown, after: unknown, path: string): readonly string[] {
  const steps = Object.keys(node).filter((step) => step !== '.');
  if (steps.length === 0) return isOnlyPresence(path) || canonical(before) === canonical(after) ? [] : [path];
  return steps.flatMap((step) => {
    const place = `${path}/${step}`;
    if (place === `/f:metadata/f:labels/f:${LABEL}`) return [];
    return touched(node[step] ?? {}, valueAt(before, step), valueAt(after, step), place);
  });
}

// As a leaf it would mean the lock's own label, and other people's, too.
function isOnlyPresence(path: string): boolean {
  return path === '/f:metadata/f:labels' || path === '/f:metadata/f:annotations';
}

function valueAt(value: unknown, step: string): unknown {
  const rest = step.slice(2);
  switch (step.slice(0, 2)) {
    case 'f:':
      return isMap(value) && Object.hasOwn(value, rest) ? value[rest] : undefined;
    case 'k:': {
      const keys = Object.entries(JSON.parse(rest) as Readonly<Record<string, unknown>>);
      return itemsOf(value).find((item) => isMap(item) && keys.every(([name, wanted]) => canonical(item[name]) === canonical(wanted)));
    }
    case 'v:':
      return itemsOf(value).find((item) => canonical(item) === canonical(JSON.parse(rest)));
    case 'i:':
      return itemsOf(value)[Number(rest)];
    default:
      throw new Error(`${step} is no step of a field set`);
  }
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
