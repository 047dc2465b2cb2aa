import { apiVersionOf } from '../kube/object.ts';
import type { SeenLock } from './lock-states.ts';
import type { SkippedKind } from './locked-objects.ts';
import { phasePaint } from './phase-paint.ts';
import { ageText } from './terminal/age.ts';
import { table, type Column, type TableOptions } from './terminal/table.ts';

/** Locks as data, and what could not be looked at: an empty list must not be taken for a free cluster. */
export function lockData(locks: readonly SeenLock[], skipped: readonly SkippedKind[]): object {
  return { items: locks.map(dataOf), skipped };
}

/** Their objects as kubectl takes them. */
export function lockNames(locks: readonly SeenLock[]): readonly string[] {
  return locks.map(nameOf);
}

/** Locks for people; times are told from `now`. '' where there are none. */
export function lockTable(locks: readonly SeenLock[], now: number, options: TableOptions): string {
  return locks.length === 0 ? '' : table(columns(now), locks, options);
}

/** `configmap/settings`, `deployment.apps/web`, as kubectl takes it. */
function nameOf({ ref: { kind, name } }: SeenLock): string {
  const singular = kind.singular ?? kind.kind.toLowerCase();
  return `${kind.group === '' ? singular : `${singular}.${kind.group}`}/${name}`;
}

function columns(now: number): readonly Column<SeenLock>[] {
  return [
    { heading: 'NAMESPACE', cell: ({ ref }) => ref.namespace ?? '' },
    { heading: 'OBJECT', cell: nameOf },
    { heading: 'STATE', cell: ({ state }) => state },
    {
      heading: 'TRANSACTION',
      cell: ({ lock, transaction }) => (transaction === undefined ? lock.transaction : `${transaction.namespace}/${transaction.name}`),
    },
    { heading: 'PHASE', cell: ({ phase }) => phase ?? '', paint: (text, { phase }) => phasePaint(phase)(text) },
    {
      heading: 'DONE',
      cell: ({ progress }) => (progress === undefined ? '' : `${String(progress.committed)}/${String(progress.total)}`),
    },
    { heading: 'HOLDER', cell: ({ holder }) => holder ?? '', cuttable: true },
    { heading: 'SINCE', cell: ({ since }) => (since === undefined ? '' : `${ageText(now - Date.parse(since))} ago`) },
    { heading: 'UNTIL', cell: ({ until }) => (until === undefined ? '' : `in ${ageText(Date.parse(until) - now)}`) },
    { heading: 'ATTEMPT', cell: ({ lock }) => String(lock.attempt), wide: true },
    { heading: 'UID', cell: ({ uid }) => uid, wide: true },
  ];
}

function dataOf({ holder, lock, phase, progress, ref, since, state, transaction, uid, until }: SeenLock): object {
  const { kind, name, namespace } = ref;
  return {
    object: { apiVersion: apiVersionOf(kind), kind: kind.kind, ...(namespace === undefined ? {} : { namespace }), name, uid },
    state,
    transaction: { ...transaction, uid: lock.transaction },
    attempt: lock.attempt,
    phase,
    progress,
    holder,
    since,
    until,
  };
}
