import { byExecution } from '../api/resource-change.ts';
import type { ResourceChange } from '../api/resource-change.ts';
import type { ItemStatus, TransactionStatus } from '../api/transaction.ts';

/** One change of a transaction, as its rollback sees it. */
export interface RecoveryItem {
  readonly change: string;
  readonly state: 'pending' | 'done' | 'conflict';
  /** DELETE undoes a Create of what did not exist before; RESTORE undoes everything else. */
  readonly action: 'DELETE' | 'RESTORE';
  /** `Kind/namespace/name`, or `Kind/name` for cluster-scoped kinds. */
  readonly target: string;
  readonly error?: string;
}

/**
 * What a rollback has done and has left to do, in the order in which it does it: the reverse of that of the changes. Changes that
 * never took effect are left out.
 *
 * @param isNamespaced says of an apiVersion and a kind whether it has namespaces.
 */
export function recoveryItems(
  items: readonly ItemStatus[],
  changes: readonly ResourceChange[],
  isNamespaced: (apiVersion: string, kind: string) => boolean,
): readonly RecoveryItem[] {
  const inEffect = new Map(items.filter((item) => item.committed || item.rolledBack).map((item) => [item.name, item]));
  const known = changes
    .toSorted((a, b) => byExecution(b, a))
    .flatMap((change) => {
      const item = inEffect.get(change.metadata.name ?? '');
      return item === undefined ? [] : [{ item, change }];
    });
  const orphans = [...inEffect.values()]
    .filter((item) => !known.some((one) => one.item === item))
    .map((item) => ({ item, change: undefined }));
  return [...known, ...orphans].map(({ change, item }) => ({
    change: item.name,
    state: stateOf(item),
    action: change?.spec.type === 'Create' && (item.resourceVersion ?? '') === '' ? 'DELETE' : 'RESTORE',
    target: change === undefined ? 'an object whose ResourceChange is gone' : targetOf(change, isNamespaced),
    ...(item.error === undefined ? {} : { error: item.error }),
  }));
}

/**
 * The items of a status and those that it leaves out for their number: a status shows what is still to be undone before anything
 * else, so what it leaves out is either all undone, or as much in effect as the rest. What cannot be told is taken for in effect.
 */
export function everyItem(status: TransactionStatus | undefined, changes: readonly ResourceChange[]): readonly ItemStatus[] {
  const { items = [], itemsTotal = 0, itemsCommitted = 0, phase } = status ?? {};
  if (itemsTotal <= items.length || phase === undefined || !ACTED.has(phase)) return items;
  const shown = new Set(items.map(({ name }) => name));
  const shownInEffect = items.filter((item) => item.committed && !item.rolledBack).length;
  const rolledBack = itemsCommitted <= shownInEffect;
  const names = changes.map(({ metadata }) => metadata.name ?? '').filter((name) => !shown.has(name));
  return [...items, ...names.map((name) => ({ name, prepared: true, committed: true, rolledBack }))];
}

const ACTED: ReadonlySet<string> = new Set(['Committed', 'RollingBack', 'RolledBack', 'Failed']);

/** `conflict: stored RV 7, current RV 9` → `stored RV 7, current RV 9`. */
export function conflictOf(error: string): string {
  return error.replace(CONFLICT, '').trim();
}

const CONFLICT = /^(rollback )?conflict\b[\s:—-]*/i;

function stateOf(item: ItemStatus): RecoveryItem['state'] {
  if (item.rolledBack) return 'done';
  return CONFLICT.test(item.error ?? '') ? 'conflict' : 'pending';
}

function targetOf(change: ResourceChange, isNamespaced: (apiVersion: string, kind: string) => boolean): string {
  const { apiVersion, kind, name, namespace = change.metadata.namespace ?? '' } = change.spec.target;
  return isNamespaced(apiVersion, kind) ? `${kind}/${namespace}/${name}` : `${kind}/${name}`;
}
