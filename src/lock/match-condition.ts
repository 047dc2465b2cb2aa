import { LOCK_LABEL } from './label.ts';

/** One entry of a webhook's `matchConditions`. */
export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** A resource whose objects carry copies of other objects' labels. */
export interface CopiedResource {
  readonly group: string;
  readonly resource: string;
}

/**
 * Resources into which Kubernetes' own controllers copy the labels of a Service. A copied creation label can't be told from a
 * real one in CEL, so with `failurePolicy: Fail` traffic would hang on us: their creation labels are left out. A lock by uid
 * is told apart and does reach us.
 */
export const COPIED_RESOURCES: readonly CopiedResource[] = [
  { group: '', resource: 'endpoints' },
  { group: 'discovery.k8s.io', resource: 'endpointslices' },
];

/** Selects requests whose old or new object carries the label, whatever its value (the API server tries both). */
export const LOCK_OBJECT_SELECTOR = { matchExpressions: [{ key: LOCK_LABEL, operator: 'Exists' }] } as const;

/**
 * The `matchConditions` of the lock webhook, in CEL: the label in the old or new object ends in the first 8 digits of the
 * object's own uid, or names a creation and the resource is not one of `copied`, or is in a Binding, whose labels the API server
 * copies to a Pod. Every access is guarded (`object` is null on
 * DELETE, `oldObject` on CREATE, labels may be absent), since an error in CEL would refuse strangers their writes.
 */
export function lockMatchConditions(copied: readonly CopiedResource[] = COPIED_RESOURCES): readonly MatchCondition[] {
  const label = `o.metadata.labels[${literal(LOCK_LABEL)}]`;
  const labelled = `o != null && has(o.metadata) && has(o.metadata.labels) && ${literal(LOCK_LABEL)} in o.metadata.labels`;
  const uidKnown = 'p != null && has(p.metadata) && has(p.metadata.uid) && size(p.metadata.uid) >= 8';
  const ownUid = `[object, oldObject].exists(p, ${uidKnown} && ${label}.endsWith('.' + p.metadata.uid.substring(0, 8)))`;
  const creation = `${label}.matches('[.]c-[0-9a-f]{8}$')`;
  const mayBeCreation = copied.length === 0 ? creation : `(${creation} && !(${copied.map(isResource).join(' || ')}))`;
  const binding = `request.resource.resource == 'bindings' || (has(request.subResource) && request.subResource == 'binding')`;
  const mayLock = `${ownUid} || ${mayBeCreation} || ${binding}`;
  return [{ name: 'lock-of-this-object', expression: `[object, oldObject].exists(o, ${labelled} && (${mayLock}))` }];
}

function isResource({ group, resource }: CopiedResource): string {
  return `(request.resource.group == ${literal(group)} && request.resource.resource == ${literal(resource)})`;
}

// Groups and resources come from the chart's values: nothing that could end the literal is let through.
function literal(text: string): string {
  if (!/^[a-z0-9./-]*$/.test(text))
    throw new RangeError(`"${text}" can't be part of a match condition: only lower-case letters, digits, dots, slashes and hyphens can.`);
  return `'${text}'`;
}
