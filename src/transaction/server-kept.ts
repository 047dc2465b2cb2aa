import type { KubeObject, ObjectMeta } from '../kube/object.ts';

/** Annotations that controllers keep on the objects they serve, even while those are locked: never ours to put back. */
const KEPT_ANNOTATIONS: readonly string[] = ['deployment.kubernetes.io/revision'];

/** `earlier` metadata with the annotations that the cluster's controllers keep, as they stand on the live object. */
export function keptByServer(earlier: ObjectMeta, live: ObjectMeta): ObjectMeta {
  const others = Object.entries(earlier.annotations ?? {}).filter(([key]) => !KEPT_ANNOTATIONS.includes(key));
  const kept = Object.entries(live.annotations ?? {}).filter(([key]) => KEPT_ANNOTATIONS.includes(key));
  const annotations = Object.fromEntries([...others, ...kept]);
  const { annotations: _earlier, ...metadata } = earlier;
  return Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata;
}

/** An object without what the cluster's controllers keep on it. */
export function withoutServerKept(object: KubeObject): KubeObject {
  return { ...object, metadata: keptByServer(object.metadata, {}) };
}
