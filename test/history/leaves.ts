import type { KubeObject } from '../../src/kube/object.ts';
import { LABEL } from './locks.ts';

/** An object as a flat map from paths to values: what can be compared, and changed, leaf by leaf. */
export type Leaves = ReadonlyMap<string, string>;

/** Each path that differs: its new value, or undefined where it is gone. */
export type Difference = ReadonlyMap<string, string | undefined>;

const KEPT_BY_SERVER = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
]);
// What controllers write beside the status, whoever holds the object.
const KEPT_BY_CONTROLLERS = 'deployment.kubernetes.io/revision';

/** What people write of an object: without status, the lock, and what the server or a controller keeps. */
export function leavesOf(object: KubeObject): Leaves {
  const { apiVersion: _version, kind: _kind, status: _status, metadata, ...rest } = object;
  const written = Object.fromEntries(Object.entries(metadata).filter(([name]) => !KEPT_BY_SERVER.has(name)));
  const without = (map: Readonly<Record<string, string>> = {}, name: string): object =>
    Object.fromEntries(Object.entries(map).filter(([key]) => key !== name));
  return flatten({
    ...rest,
    metadata: {
      ...written,
      labels: without(metadata.labels, LABEL),
      annotations: without(metadata.annotations, KEPT_BY_CONTROLLERS),
    },
  });
}

/** Any value as leaves. Empty maps and lists have none: that there is one says nothing. */
export function flatten(value: unknown): Leaves {
  const leaves = new Map<string, string>();
  collect(value, '', leaves);
  return leaves;
}

/** What must be done to `before` to get `after`. */
export function differenceOf(before: Leaves, after: Leaves): Difference {
  const difference = new Map<string, string | undefined>();
  for (const path of before.keys()) if (!after.has(path)) difference.set(path, undefined);
  for (const [path, value] of after) if (before.get(path) !== value) difference.set(path, value);
  return difference;
}

/** Leaves with differences made to them. */
export function withDifference(leaves: Leaves, difference: Difference): Leaves {
  const changed = new Map(leaves);
  for (const [path, value] of difference) {
    if (value === undefined) changed.delete(path);
    else changed.set(path, value);
  }
  return changed;
}

/** JSON with sorted members: equal values have equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    isMap(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function collect(value: unknown, path: string, leaves: Map<string, string>): void {
  if (isMap(value)) for (const [name, member] of Object.entries(value)) collect(member, `${path}/${name}`, leaves);
  else if (Array.isArray(value)) collectItems(value, path, leaves);
  else if (value !== undefined && value !== null) leaves.set(path, canonical(value));
}

/** Items by what tells them apart; a list in which nothing does is one leaf. */
function collectItems(items: readonly unknown[], path: string, leaves: Map<string, string>): void {
  const names = items.map(nameOf);
  if (items.length === 0) return;
  if (names.includes(undefined) || new Set(names).size < names.length) leaves.set(path, canonical(items));
  else for (const [at, item] of items.entries()) collect(item, `${path}[${names[at] ?? ''}]`, leaves);
}

function nameOf(item: unknown): string | undefined {
  if (!isMap(item)) return canonical(item);
  if (typeof item['name'] === 'string' && item['containerPort'] === undefined && item['port'] === undefined) return item['name'];
  const port = item['containerPort'] ?? item['port'];
  if (port !== undefined) return `${canonical(port)}/${canonical(item['protocol'] ?? 'TCP')}`;
  return typeof item['uid'] === 'string' ? item['uid'] : undefined;
}
