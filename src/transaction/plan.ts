import type { KubeObject, ResourceKind } from '../kube/object.ts';
import type { ChangeType } from '../lock/record.ts';

/** One ResourceChange, ready to be carried out. */
export interface PlannedChange {
  readonly name: string;
  readonly type: ChangeType;
  readonly order: number;
  /** What to write, complete with apiVersion, kind and name; absent for Delete. */
  readonly content?: KubeObject;
  /** Index of its target in `Plan.targets`. */
  readonly target: number;
}

/** One object, with its changes in the order in which they are made: never parallel, one lock, one before-image. */
export interface PlannedTarget {
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly name: string;
  readonly changes: readonly PlannedChange[];
}

/** What a transaction is going to do: plain data, decided once from its sealed changes. */
export interface Plan {
  readonly targets: readonly PlannedTarget[];
  /** Every change, by (order, name). */
  readonly changes: readonly PlannedChange[];
}

/** A change whose kind and namespace are known. */
export interface ResolvedChange {
  readonly name: string;
  readonly type: ChangeType;
  readonly order: number;
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly targetName: string;
  readonly content?: KubeObject;
}

/** Sorts changes by (order, name) and gathers those of one object into a chain. */
export function planOf(resolved: readonly ResolvedChange[]): Plan {
  const sorted = [...resolved].sort((a, b) => a.order - b.order || compare(a.name, b.name));
  const indexes = new Map<string, number>();
  const chains: { readonly first: ResolvedChange; readonly changes: PlannedChange[] }[] = [];
  const changes = sorted.map((change): PlannedChange => {
    const key = objectKey(change.kind, change.namespace, change.targetName);
    const target = indexes.get(key) ?? chains.push({ first: change, changes: [] }) - 1;
    indexes.set(key, target);
    const { name, type, order, content } = change;
    const planned = { name, type, order, target, ...(content === undefined ? {} : { content }) };
    chains[target]?.changes.push(planned);
    return planned;
  });
  const targets = chains.map(({ first, changes: chain }): PlannedTarget => ({
    kind: first.kind,
    ...(first.namespace === undefined ? {} : { namespace: first.namespace }),
    name: first.targetName,
    changes: chain,
  }));
  return { targets, changes };
}

/**
 * The batches of a commit: one after the other, each in parallel. Orders ascend; within an order Deletes come last, for
 * their side effects are faster than any rollback; a second change of a chain waits for the batch after its first.
 */
export function batchesOf(plan: Plan): readonly (readonly PlannedChange[])[] {
  const batches: PlannedChange[][] = [];
  let floor = 0;
  for (const group of groupByOrder(plan.changes)) {
    const depth = new Map<number, number>();
    const place = (change: PlannedChange, at: number): void => {
      (batches[at] ??= []).push(change);
      depth.set(change.target, at + 1);
    };
    // Chains keep their order even where a Delete is followed by a Create of the same name.
    const last = new Map<number, PlannedChange>();
    for (const change of group) last.set(change.target, change);
    const finalDeletes = group.filter((change) => change.type === 'Delete' && last.get(change.target) === change);
    for (const change of group) if (!finalDeletes.includes(change)) place(change, depth.get(change.target) ?? floor);
    floor = Math.max(floor, batches.length);
    for (const change of finalDeletes) place(change, floor);
    floor = batches.length;
  }
  return batches;
}

/** Identity of an object whatever version it is spoken of in. */
export function objectKey(kind: Pick<ResourceKind, 'group' | 'resource'>, namespace: string | undefined, name: string): string {
  return `${kind.group}/${kind.resource}/${namespace ?? ''}/${name}`;
}

function groupByOrder(changes: readonly PlannedChange[]): readonly (readonly PlannedChange[])[] {
  const groups: PlannedChange[][] = [];
  for (const change of changes) {
    const current = groups.at(-1);
    if (current?.[0]?.order === change.order) current.push(change);
    else groups.push([change]);
  }
  return groups;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
