import { stringify } from 'yaml';
import { apiVersionOf } from '../kube/object.ts';
import type { SeenLock } from './lock-states.ts';
import type { SkippedKind } from './locked-objects.ts';
import { table } from './table.ts';

export const LOCK_FORMATS = ['table', 'json', 'yaml', 'name'] as const;
export type LockFormat = (typeof LOCK_FORMATS)[number];

/** Locks as text in a format; '' where there is nothing to print. Times in a table are told from `now`. */
export function lockOutput(format: LockFormat, locks: readonly SeenLock[], skipped: readonly SkippedKind[], now: number): string {
  switch (format) {
    case 'json':
      return JSON.stringify({ items: locks.map(dataOf), skipped }, undefined, 2);
    case 'yaml':
      return stringify({ items: locks.map(dataOf), skipped }, { lineWidth: 0, version: '1.1' }).trimEnd();
    case 'name':
      return locks.map(nameOf).join('\n');
    default:
      return locks.length === 0
        ? ''
        : table(
            HEADINGS,
            locks.map((lock) => rowOf(lock, now)),
          );
  }
}

/** `configmap/settings`, `deployment.apps/web`, as kubectl takes it. */
function nameOf({ ref: { kind, name } }: SeenLock): string {
  const singular = kind.singular ?? kind.kind.toLowerCase();
  return `${kind.group === '' ? singular : `${singular}.${kind.group}`}/${name}`;
}

const HEADINGS = ['NAMESPACE', 'OBJECT', 'STATE', 'TRANSACTION', 'PHASE', 'DONE', 'HOLDER', 'SINCE', 'UNTIL'];

function rowOf(lock: SeenLock, now: number): readonly string[] {
  const { holder, phase, progress, ref, since, state, transaction, until } = lock;
  return [
    ref.namespace ?? '',
    nameOf(lock),
    state,
    transaction === undefined ? lock.lock.transaction : `${transaction.namespace}/${transaction.name}`,
    phase ?? '',
    progress === undefined ? '' : `${String(progress.committed)}/${String(progress.total)}`,
    holder ?? '',
    since === undefined ? '' : `${span(now - Date.parse(since))} ago`,
    until === undefined ? '' : `in ${span(Date.parse(until) - now)}`,
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

/** `12s`, `5m`, `3h`, `2d`. */
function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${String(seconds)}s`;
  if (seconds < 7_200) return `${String(Math.round(seconds / 60))}m`;
  return seconds < 172_800 ? `${String(Math.round(seconds / 3_600))}h` : `${String(Math.round(seconds / 86_400))}d`;
}
