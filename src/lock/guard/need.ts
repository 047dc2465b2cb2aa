import type { LockRecord, RecordTarget } from '../record.ts';

/**
 * Ways past a label: writes that reach an object without showing it to admission (`scale`, `eviction`), and the creation of an
 * object that is not there and so can't carry a label (`name`).
 */
export type GuardedWay = 'scale' | 'eviction' | 'name';

/** One way to one object that is to be closed for a while. */
export interface GuardNeed {
  readonly way: GuardedWay;
  readonly group: string;
  readonly resource: string;
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly name: string;
}

const WAYS: readonly GuardedWay[] = ['scale', 'eviction', 'name'];

/** What has to be guarded for a transaction as its record stands: nothing once it has ended. */
export function guardNeeds(record: Pick<LockRecord, 'phase' | 'targets'>): readonly GuardNeed[] {
  return record.targets.flatMap((target) =>
    WAYS.filter((way) => isGuarded(record, target, way)).map((way): GuardNeed => {
      const { kind, namespace, name } = target;
      return { way, group: kind.group, resource: kind.resource, ...(namespace === undefined ? {} : { namespace }), name };
    }),
  );
}

/** Whether one way to one object is closed. The webhook asks the same of the record that the guards were put up by. */
export function isGuarded({ phase }: Pick<LockRecord, 'phase'>, target: RecordTarget, way: GuardedWay): boolean {
  if (phase === 'Committed' || phase === 'RolledBack') return false;
  if (target.undone === true || target.conflict !== undefined || target.broken !== undefined) return false;
  switch (way) {
    case 'scale':
      return target.scale === true;
    case 'eviction':
      return target.kind.group === '' && target.kind.resource === 'pods';
    case 'name':
      return target.changes.some(({ type }) => type === 'Create' || type === 'Delete');
  }
}
