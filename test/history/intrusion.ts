import type { KubeObject } from '../../src/kube/object.ts';
import type { SagaRecord } from '../../src/transaction/record.ts';
import { touchedPlaces } from './field-set.ts';
import type { ObjectWrite, Timeline, Writer } from './history.ts';
import { canonical } from './leaves.ts';
import { LABEL } from './locks.ts';

const REVISION = 'deployment.kubernetes.io/revision';

/**
 * What a write by somebody else took from a lock, in words; undefined where it took nothing. By the documentation of locks: status
 * reports, the ends of the transaction's own deletes, fields that are not locked, and writes without any effect are free.
 */
export function intrusionOf(timeline: Timeline, write: ObjectWrite, record: SagaRecord): string | undefined {
  const { before, after, key, by } = write;
  if (before === undefined) return undefined;
  const deletedByHolder = wasDeletedBy(timeline, write, record.transaction.uid);
  if (after === undefined) return deletedByHolder && isTerminating(before) ? undefined : 'deleted it';
  if (before.metadata.labels?.[LABEL] !== after.metadata.labels?.[LABEL])
    return `wrote its lock: ${after.metadata.labels?.[LABEL] ?? 'off'}`;
  if (same(before, after)) return undefined;
  if (by?.subresource === 'status' && isReport(key, by, before, after)) return undefined;
  if (deletedByHolder && isTerminating(before) && same(without(before, 'finalizers'), without(after, 'finalizers'))) return undefined;
  const target = record.targets.find((one) => keyOf(one) === key);
  if (target?.scope !== 'fields' || target.fields === undefined) return 'wrote it, and all of it is locked';
  const places = touchedPlaces(target.fields, before, after);
  if (places.length > 0) return `wrote ${places.join(', ')}`;
  if (canonical(before.metadata.ownerReferences ?? []) !== canonical(after.metadata.ownerReferences ?? [])) return 'wrote its owners';
  const finalizers = canonical(before.metadata.finalizers ?? []) !== canonical(after.metadata.finalizers ?? []);
  return finalizers && (isTerminating(before) || isTerminating(after)) ? 'wrote its finalizers while it is being deleted' : undefined;
}

/** Where a target of a record is, as the history names it. */
export function keyOf({ kind, namespace = '', name }: Pick<SagaRecord['targets'][number], 'kind' | 'namespace' | 'name'>): string {
  return [kind.group, kind.resource, namespace, name].join('/');
}

/** Whether nothing differs but what every write moves by itself. */
export function same(before: KubeObject, after: KubeObject): boolean {
  return canonical(bare(before)) === canonical(bare(after));
}

function isReport(key: string, by: Writer, before: KubeObject, after: KubeObject): boolean {
  const [was, is] = [
    { ...before, status: undefined },
    { ...after, status: undefined },
  ];
  if (same(was, is)) return true;
  if (isClusterController(by)) return same(without(was, 'labels', 'annotations'), without(is, 'labels', 'annotations'));
  return key.startsWith('apps/deployments/') && same(withoutRevision(was), withoutRevision(is));
}

function isClusterController({ user }: Writer): boolean {
  return user.startsWith('system:serviceaccount:kube-system:') || user === 'system:kube-controller-manager';
}

/** Whether the holder's own delete of this very object was accepted before. */
function wasDeletedBy({ byKey }: Timeline, { key, revision, before }: ObjectWrite, holder: string): boolean {
  return (byKey.get(key) ?? []).some(
    (earlier) =>
      earlier.revision < revision &&
      earlier.by?.grant?.transaction === holder &&
      earlier.by.grant.action === 'delete' &&
      earlier.before?.metadata.uid === before?.metadata.uid,
  );
}

function isTerminating({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function bare({ metadata, ...rest }: KubeObject): unknown {
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, ...others } = metadata;
  return { ...rest, metadata: others };
}

function without(object: KubeObject, ...names: readonly string[]): KubeObject {
  return { ...object, metadata: Object.fromEntries(Object.entries(object.metadata).filter(([name]) => !names.includes(name))) };
}

function withoutRevision(object: KubeObject): KubeObject {
  const annotations = Object.entries(object.metadata.annotations ?? {}).filter(([name]) => name !== REVISION);
  const bareObject = without(object, 'annotations');
  if (annotations.length === 0) return bareObject;
  return { ...bareObject, metadata: { ...bareObject.metadata, annotations: Object.fromEntries(annotations) } };
}
