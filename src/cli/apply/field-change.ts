import type { FieldsV1, KubeObject, ObjectRef } from '../../kube/object.ts';
import { changedFields } from '../../lock/fields/changed.ts';
import { readablePath } from '../../lock/fields/member-paths.ts';
import { childOf, stepsOf } from '../../lock/fields/node.ts';
import { resolvePath } from '../../lock/fields/resolve.ts';

/** One field that differs. A side that has no such field has no value. */
export interface FieldChange {
  /** For people: `spec.template.spec.containers[name="app"].image`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  /** What it holds is nobody's to read here: then the values say nothing. */
  readonly hidden?: true;
}

/** Stands for a value that is not shown. */
const HIDDEN = '(hidden)';

/** What differs between two states of one object, field by field; `before` absent: everything there is. Status and what servers keep are left out. */
export function fieldChanges(ref: ObjectRef, before: KubeObject | undefined, after: KubeObject): readonly FieldChange[] {
  const earlier = before ?? bare(after);
  return leavesOf(changedFields(earlier, after)).map((steps) => {
    const [from, to] = [resolvePath(earlier, steps), resolvePath(after, steps)];
    const hidden = isHidden(ref, steps);
    const value = (found: unknown): unknown => (hidden ? HIDDEN : found);
    return {
      path: readablePath(steps),
      ...(from.found ? { before: value(from.value) } : {}),
      ...(to.found ? { after: value(to.value) } : {}),
      ...(hidden ? { hidden } : {}),
    };
  });
}

/** An object of which nothing is said but which one it is. */
function bare({ apiVersion, kind, metadata: { name = '', namespace } }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

/** The steps to each place of a set of which nothing further is listed. */
export function leavesOf(set: FieldsV1): readonly (readonly string[])[] {
  const visit = (node: FieldsV1 | undefined, path: readonly string[]): readonly (readonly string[])[] => {
    const steps = node === undefined ? [] : stepsOf(node);
    if (steps.length === 0) return path.length === 0 ? [] : [path];
    return steps.flatMap((step) => visit(childOf(node, step), [...path, step]));
  };
  return visit(set, []);
}

/** The manifest that kubectl last applied, which for a Secret holds its contents. */
const LAST_APPLIED = 'f:kubectl.kubernetes.io/last-applied-configuration';

function isHidden({ kind }: ObjectRef, [first, second, third]: readonly string[]): boolean {
  if (kind.group !== '' || kind.kind !== 'Secret') return false;
  return first === 'f:data' || first === 'f:stringData' || (second === 'f:annotations' && (third === undefined || third === LAST_APPLIED));
}
