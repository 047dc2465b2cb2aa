import type { Identity, KubeClient } from '../../src/kube/client.ts';
import type { KubeObject, ObjectRef } from '../../src/kube/object.ts';
import { configMap } from '../janus/transacting.ts';

/** One way to write to a ConfigMap that is there. */
export interface WritePath {
  readonly title: string;
  /** Tries to leave `data.a` as `value`, or no object at all. */
  send(
    client: KubeClient,
    current: KubeObject,
    value: string,
    options?: { readonly as?: Identity; readonly dryRun?: boolean },
  ): Promise<unknown>;
}

/** Every way there is. */
export const WRITE_PATHS: readonly WritePath[] = [
  {
    title: 'an update at its resourceVersion',
    send: (client, current, value, options) => client.update(refTo(current), { ...current, data: { a: value } }, options),
  },
  {
    title: 'an update whatever its resourceVersion',
    send: (client, current, value, options) => client.update(refTo(current), { ...unversioned(current), data: { a: value } }, options),
  },
  {
    title: 'a JSON patch',
    send: (client, current, value, options) =>
      client.patch(refTo(current), { type: 'json', operations: [{ op: 'add', path: '/data/a', value }] }, options),
  },
  {
    title: 'a merge patch',
    send: (client, current, value, options) => client.patch(refTo(current), { type: 'merge', patch: { data: { a: value } } }, options),
  },
  {
    title: 'a strategic merge patch',
    send: (client, current, value, options) => client.patch(refTo(current), { type: 'strategic', patch: { data: { a: value } } }, options),
  },
  {
    title: 'a server-side apply',
    send: (client, current, value, options) =>
      client.apply(refTo(current), bare(current, value), { fieldManager: 'stranger', force: true, ...options }),
  },
  {
    title: 'a delete',
    send: (client, current, _value, options) => client.delete(refTo(current), options),
  },
  {
    title: 'a delete by uid and resourceVersion',
    send: (client, current, _value, options) => {
      const { uid = '', resourceVersion = '' } = current.metadata;
      return client.delete(refTo(current), { ...options, preconditions: { uid, resourceVersion } });
    },
  },
  {
    title: 'a deletecollection',
    send: (client, current, _value, { as, dryRun = false } = {}) => {
      const { namespace = '', name = '' } = current.metadata;
      const path = `/api/v1/namespaces/${namespace}/configmaps?fieldSelector=metadata.name%3D${name}${dryRun ? '&dryRun=All' : ''}`;
      return client.raw('DELETE', path, undefined, as === undefined ? {} : { as });
    },
  },
];

/** Where a ConfigMap that was read is served. */
export function refTo(object: KubeObject): ObjectRef {
  return configMap(object.metadata.namespace ?? '', object.metadata.name ?? '');
}

/** The object without what makes an update conditional. */
export function unversioned(object: KubeObject): KubeObject {
  const { resourceVersion: _version, managedFields: _managers, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function bare(object: KubeObject, value: string): KubeObject {
  const { name = '', namespace = '' } = object.metadata;
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { a: value } };
}
