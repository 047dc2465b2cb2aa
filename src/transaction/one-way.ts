import type { KubeObject } from '../kube/object.ts';
import type { PlannedChange, PlannedTarget } from './plan.ts';

const UNRECOVERABLE_DELETES: ReadonlyMap<string, string> = new Map([
  ['/namespaces', 'everything in the namespace goes with it'],
  ['apiextensions.k8s.io/customresourcedefinitions', 'every object of its kind goes with it'],
  ['/persistentvolumeclaims', 'the volume behind it may be reclaimed'],
  ['/persistentvolumes', 'the volume behind it may be reclaimed'],
  ['batch/jobs', 'its pods go, and it would run again'],
  ['/pods', 'it would be another pod'],
]);

/** Whether a one-way door can only be told by what the object was before, which the dry run of an apply does not show. */
export function asksForLive(target: PlannedTarget, { type, content }: PlannedChange): boolean {
  if (type === 'Update' || type === 'Delete') return false;
  return freezes(target, content) || (isClaim(target) && storageOf(content) !== undefined);
}

/** What of a change no rollback can undo, in words; empty for most changes. Named before anything is touched. */
export function oneWayDoors(target: PlannedTarget, change: PlannedChange, live: KubeObject | undefined): readonly string[] {
  return change.type === 'Delete' ? deletionDoors(target, live) : writingDoors(target, change, live);
}

function deletionDoors({ kind }: PlannedTarget, live: KubeObject | undefined): readonly string[] {
  const why = UNRECOVERABLE_DELETES.get(`${kind.group}/${kind.resource}`);
  const finalizers = live?.metadata.finalizers ?? [];
  return [
    ...(why === undefined ? [] : [`deleting a ${kind.kind} cannot be undone exactly: ${why}`]),
    ...(finalizers.length === 0
      ? []
      : [`it has finalizers (${finalizers.join(', ')}): what their controllers clean up does not come back`]),
  ];
}

function writingDoors(target: PlannedTarget, { content }: PlannedChange, live: KubeObject | undefined): readonly string[] {
  if (live === undefined) return [];
  const size = isClaim(target) ? storageOf(content) : undefined;
  return [
    ...(freezes(target, content) && live['immutable'] !== true
      ? ['"immutable: true" cannot be taken back: a rollback would have to delete the object and make it anew, with another uid']
      : []),
    ...(size !== undefined && size !== storageOf(live) ? ['a PersistentVolumeClaim can be grown but not shrunk again'] : []),
  ];
}

/** Only ConfigMaps and Secrets have this field of the API server's own. */
function freezes({ kind }: PlannedTarget, content: KubeObject | undefined): boolean {
  return kind.group === '' && content?.['immutable'] === true;
}

function isClaim({ kind }: PlannedTarget): boolean {
  return kind.group === '' && kind.resource === 'persistentvolumeclaims';
}

function storageOf(claim: KubeObject | undefined): string | undefined {
  const spec = claim?.['spec'] as { readonly resources?: { readonly requests?: { readonly storage?: string } } } | undefined;
  return spec?.resources?.requests?.storage;
}
