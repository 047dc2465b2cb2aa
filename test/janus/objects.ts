import type { KubeClient } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import { apiVersionOf, type KubeObject, type ObjectRef, type ResourceKind } from '../../src/kube/object.ts';
import { pause } from '../../src/kube/pause.ts';

export const SECRETS: ResourceKind = { group: '', version: 'v1', kind: 'Secret', resource: 'secrets', namespaced: true };
export const SERVICES: ResourceKind = { group: '', version: 'v1', kind: 'Service', resource: 'services', namespaced: true };
export const CLAIMS: ResourceKind = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  namespaced: true,
};
export const VOLUMES: ResourceKind = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  namespaced: false,
};
export const PODS: ResourceKind = { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true };
export const EVENTS: ResourceKind = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };
export const JOBS: ResourceKind = { group: 'batch', version: 'v1', kind: 'Job', resource: 'jobs', namespaced: true };
export const DEPLOYMENTS: ResourceKind = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true };
export const REPLICA_SETS: ResourceKind = { group: 'apps', version: 'v1', kind: 'ReplicaSet', resource: 'replicasets', namespaced: true };
export const WIDGETS: ResourceKind = { group: 'janus.example.com', version: 'v1', kind: 'Widget', resource: 'widgets', namespaced: true };

/** Where an object of a test is. */
export function at(kind: ResourceKind, namespace: string, name: string): ObjectRef {
  return kind.namespaced ? { kind, namespace, name } : { kind, name };
}

/** Server-side apply by force, as the manager that a test names. */
export async function applyAs(admin: KubeClient, manager: string, ref: ObjectRef, content: object): Promise<KubeObject> {
  return (await admin.apply(ref, complete(ref, content), { fieldManager: manager, force: true })).object;
}

/** A merge patch, as the manager that a test names. */
export async function mergeAs(
  admin: KubeClient,
  manager: string,
  ref: ObjectRef,
  patch: unknown,
  subresource?: string,
): Promise<KubeObject> {
  return (
    await admin.patch(ref, { type: 'merge', patch }, { fieldManager: manager, ...(subresource === undefined ? {} : { subresource }) })
  ).object;
}

/** Content with what the API server wants of every object. */
export function complete(ref: ObjectRef, content: object): KubeObject {
  const metadata = 'metadata' in content ? (content.metadata as object) : {};
  return { apiVersion: apiVersionOf(ref.kind), kind: ref.kind.kind, ...content, metadata: { ...metadata, name: ref.name } };
}

/**
 * Gives the entries of managedFields different times long past, so that a new time is seen. A server ignores a write that
 * changes nothing but times, hence the label that comes and goes.
 */
export async function aged(admin: KubeClient, ref: ObjectRef): Promise<KubeObject> {
  const { metadata } = await mergeAs(admin, 'ageing', ref, { metadata: { labels: { ageing: 'x' } } });
  const entries = (metadata.managedFields ?? []).filter(({ manager }) => manager !== 'ageing');
  const managers = [...new Set(entries.map(({ manager }) => manager ?? ''))].sort();
  const value = entries.map((entry) => ({ ...entry, time: `2024-01-01T00:00:${String(10 + managers.indexOf(entry.manager ?? ''))}Z` }));
  const operations = [
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    { op: 'remove', path: '/metadata/labels/ageing' },
    { op: 'replace', path: '/metadata/managedFields', value },
  ] as const;
  try {
    return (await admin.patch(ref, { type: 'json', operations }, { fieldManager: 'ageing' })).object;
  } catch (error) {
    // Its controller wrote in between.
    if (isApiError(error, 422)) return aged(admin, ref);
    throw error;
  }
}

/** Waits until something holds. @throws Error after two minutes */
export async function eventually(what: string, holds: () => Promise<boolean>, ms = 120_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await pause(20);
  }
}
