import type { FieldsV1, KubeObject, ManagedFieldsEntry, ObjectRef } from '../../kube/object.ts';
import { changedFields } from '../../lock/fields/changed.ts';
import { readablePath } from '../../lock/fields/member-paths.ts';
import { resolvePath } from '../../lock/fields/resolve.ts';
import { differenceOf, intersectionOf, memberPaths, unionOf } from '../../lock/fields/set.ts';
import { LOCK_LABEL } from '../../lock/label.ts';
import { isMap } from '../../lock/fields/value.ts';
import { fieldChanges, leavesOf } from './field-change.ts';
import type { FieldChange } from './field-change.ts';
import { PLAN_MANAGER } from './look.ts';
import type { Seen } from './look.ts';
import type { LockWords } from './lock-words.ts';
import type { Wanted } from './wanted.ts';

/** What becomes of one object. */
export type Action = 'create' | 'patch' | 'update' | 'delete' | 'none';

/** Fields that somebody else set, and that the change sets to something else. */
export interface TakenOver {
  readonly manager: string;
  readonly fields: readonly string[];
}

/** One line of a plan. */
export interface PlannedObject {
  readonly action: Action;
  readonly ref: ObjectRef;
  /** `spec.order` of its change. */
  readonly order: number;
  /** Absent for what is deleted. */
  readonly wanted?: Wanted;
  readonly fields: readonly FieldChange[];
  readonly takesOver: readonly TakenOver[];
  /** Fields that an earlier apply set and the files no longer have: they stay. */
  readonly stays: readonly string[];
  /** Who holds it. */
  readonly lock?: LockWords;
  /** Why the server could not say what it comes to. */
  readonly unchecked?: string;
  readonly warnings: readonly string[];
}

/** What becomes of an object that is wanted, from what the server says of it. */
export function plannedObject(
  wanted: Wanted,
  seen: Seen,
  order: number,
  lock: LockWords | undefined,
  unchecked: string | undefined,
): PlannedObject {
  const { ref } = wanted;
  const { live, outcome } = seen;
  const fields =
    outcome === undefined ? (live === undefined ? fieldChanges(ref, undefined, wanted.content) : []) : fieldChanges(ref, live, outcome);
  const action =
    live === undefined ? 'create' : outcome !== undefined && fields.length === 0 ? 'none' : wanted.replaces === true ? 'update' : 'patch';
  return {
    action,
    ref,
    order,
    wanted,
    fields,
    takesOver: live === undefined || outcome === undefined ? [] : takenOver(live, outcome),
    stays: live === undefined || outcome === undefined || wanted.replaces === true ? [] : staying(live, outcome),
    ...(lock === undefined || action === 'none' ? {} : { lock }),
    ...(unchecked === undefined ? {} : { unchecked }),
    warnings: [...wanted.warnings, ...seen.warnings],
  };
}

/** Managers whose fields an apply of the same files is meant to set: kubectl's, and those of earlier transactions. */
const APPLIERS = /^(janus-(?!lock$)|kubectl$|kubectl-client-side-apply$)/;

function takenOver(live: KubeObject, outcome: KubeObject): readonly TakenOver[] {
  const changed = changedFields(live, outcome);
  const others = ownersOf(live).filter(({ manager = '' }) => !manager.startsWith('janus-'));
  return others
    .map(({ fieldsV1, manager = '' }) => ({ manager, fields: memberPaths(intersectionOf(changed, fieldsV1 ?? {})) }))
    .filter(({ fields }) => fields.length > 0);
}

function staying(live: KubeObject, outcome: KubeObject): readonly string[] {
  const owners = ownersOf(live);
  const sets = (mine: boolean): FieldsV1 =>
    unionOf(...owners.filter(({ manager = '' }) => APPLIERS.test(manager) === mine).map(({ fieldsV1 }) => fieldsV1));
  const written =
    outcome.metadata.managedFields?.find(({ manager, operation }) => manager === PLAN_MANAGER && operation === 'Apply')?.fieldsV1 ?? {};
  return leavesOf(differenceOf(differenceOf(sets(true), written), sets(false)))
    .filter((steps) => !KEPT_BY_OTHERS.has(steps.at(-1) ?? '') && isWhole(resolvePath(outcome, steps)))
    .map(readablePath);
}

/** What kubectl, controllers and locks keep in the metadata of what others apply. */
const KEPT_BY_OTHERS: ReadonlySet<string> = new Set([
  'f:kubectl.kubernetes.io/last-applied-configuration',
  'f:deployment.kubernetes.io/revision',
  `f:${LOCK_LABEL}`,
]);

/** Whether something is there, other than a map or list of which only the presence is owned. */
function isWhole(found: ReturnType<typeof resolvePath>): boolean {
  return found.found && !isMap(found.value) && !Array.isArray(found.value);
}

function ownersOf(object: KubeObject): readonly ManagedFieldsEntry[] {
  return (object.metadata.managedFields ?? []).filter(({ subresource = '' }) => subresource === '');
}
