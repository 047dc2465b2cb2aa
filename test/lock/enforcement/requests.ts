import type { Identity, KubeClient } from '../../../src/kube/client.ts';
import { isApiError } from '../../../src/kube/errors.ts';
import { apiVersionOf, type KubeObject, type ObjectRef } from '../../../src/kube/object.ts';
import { collectionPath, objectPath } from '../../../src/kube/paths.ts';
import { LOCK_LABEL } from '../../../src/lock/label.ts';
import { complete } from '../../janus/objects.ts';
import { unversioned } from '../write-paths.ts';

/** What of an object a request is about. */
export interface Subject {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  /** What a write to its status may say. */
  readonly status: object;
}

/** One way to write; a dry run, so that the next finds everything as it was. */
export type Send = (client: KubeClient, subject: Subject, as: Identity | undefined) => Promise<KubeObject | undefined>;

/** Ways that the API server treats by the same code as others, for every kind: tried on a few. */
export const TRIED_ON_FEW: readonly string[] = [
  'update whatever its resourceVersion',
  'strategic merge patch',
  'JSON patch',
  'label',
  'finalizer',
  'foreground delete',
  'orphaning delete',
  'delete by uid and resourceVersion',
];

/** Annotation that a field lock of the test holds. */
export const NOTE = 'example.com/note';

const annotated = (key: string): object => ({ metadata: { annotations: { [key]: 'theirs' } } });
const options = (as: Identity | undefined): { readonly dryRun: true; readonly as?: Identity } => ({
  dryRun: true,
  ...(as === undefined ? {} : { as }),
});

function merging(patch: object, subresource?: string): Send {
  return async (client, { ref }, as) =>
    (await client.patch(ref, { type: 'merge', patch }, { ...options(as), ...(subresource === undefined ? {} : { subresource }) })).object;
}

function strategically(patch: object, subresource?: string): Send {
  return async (client, { ref }, as) =>
    (await client.patch(ref, { type: 'strategic', patch }, { ...options(as), ...(subresource === undefined ? {} : { subresource }) }))
      .object;
}

function posting(subresource: string, body: (subject: Subject) => object): Send {
  return async (client, subject, as) => {
    const path = `${objectPath(subject.ref)}/${subresource}?dryRun=All`;
    await client.raw('POST', path, body(subject), as === undefined ? {} : { as });
    return undefined;
  };
}

const binding = ({ ref }: Subject): object => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name: ref.name, namespace: ref.namespace },
  target: { apiVersion: 'v1', kind: 'Node', name: 'nowhere' },
});

/** Every way to do what a row of the matrix is about, by the row's id. */
export const REQUESTS: Readonly<Record<string, Readonly<Record<string, Send>>>> = {
  'locked-values': {
    update: (client, { ref }, as) => atLatest(client, ref, async (object) => (await client.update(ref, noted(object), options(as))).object),
    'update whatever its resourceVersion': async (client, { ref, object }, as) =>
      (await client.update(ref, noted(unversioned(object)), options(as))).object,
    'merge patch': merging(annotated(NOTE)),
    'strategic merge patch': strategically(annotated(NOTE)),
    'JSON patch': async (client, { ref, object }, as) => {
      const annotations = { ...object.metadata.annotations, [NOTE]: 'theirs' };
      const operations = [{ op: 'add', path: '/metadata/annotations', value: annotations }] as const;
      return (await client.patch(ref, { type: 'json', operations }, options(as))).object;
    },
    'server-side apply by force': async (client, { ref }, as) => {
      const content = { ...complete(ref, annotated(NOTE)), apiVersion: apiVersionOf(ref.kind) };
      return (await client.apply(ref, content, { ...options(as), fieldManager: 'stranger', force: true })).object;
    },
  },
  'other-values': {
    annotation: merging(annotated('example.com/other')),
    label: merging({ metadata: { labels: { 'example.com/other': 'theirs' } } }),
    finalizer: merging({ metadata: { finalizers: ['example.com/theirs'] } }),
  },
  nothing: {
    'empty patch': merging({}),
    'managedFields reset': merging({ metadata: { managedFields: [{}] } }),
  },
  'lock-label': { 'merge patch': merging({ metadata: { labels: { [LOCK_LABEL]: null } } }) },
  'owner-references': {
    'merge patch': merging({
      metadata: {
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: '3f95c800-1111-4222-8333-444455556666' }],
      },
    }),
  },
  creation: {
    POST: async (client, { ref }, as) => (await client.create(ref, complete(ref, { data: { a: 'theirs' } }), options(as))).object,
    'server-side apply': async (client, { ref }, as) => {
      const content = { ...complete(ref, { data: { a: 'theirs' } }), apiVersion: apiVersionOf(ref.kind) };
      return (await client.apply(ref, content, { ...options(as), fieldManager: 'stranger', force: true })).object;
    },
  },
  deletion: {
    delete: (client, { ref }, as) => client.delete(ref, options(as)),
    'foreground delete': (client, { ref }, as) => client.delete(ref, { ...options(as), propagationPolicy: 'Foreground' }),
    'orphaning delete': (client, { ref }, as) => client.delete(ref, { ...options(as), propagationPolicy: 'Orphan' }),
    'delete by uid and resourceVersion': (client, { ref }, as) =>
      atLatest(client, ref, ({ metadata: { uid = '', resourceVersion = '' } }) =>
        client.delete(ref, { ...options(as), preconditions: { uid, resourceVersion } }),
      ),
    deletecollection: async (client, { ref }, as) => {
      const path = `${collectionPath(ref.kind, ref.namespace)}?dryRun=All&fieldSelector=metadata.name%3D${ref.name}`;
      await client.raw('DELETE', path, undefined, as === undefined ? {} : { as });
      return undefined;
    },
  },
  status: { 'merge patch': (client, subject, as) => merging({ status: subject.status }, 'status')(client, subject, as) },
  'status-metadata': {
    'merge patch': (client, subject, as) =>
      merging({ ...annotated('example.com/other'), status: subject.status }, 'status')(client, subject, as),
  },
  scale: { 'merge patch': merging({ spec: { replicas: 3 } }, 'scale') },
  eviction: {
    eviction: posting('eviction', ({ ref }) => ({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: ref.name } })),
  },
  binding: {
    'pods/binding': posting('binding', binding),
    bindings: async (client, subject, as) => {
      const path = `/api/v1/namespaces/${subject.ref.namespace ?? ''}/bindings?dryRun=All`;
      await client.raw('POST', path, binding(subject), as === undefined ? {} : { as });
      return undefined;
    },
  },
  'ephemeral-containers': {
    'strategic patch': strategically({ spec: { ephemeralContainers: [{ name: 'debugger', image: 'i' }] } }, 'ephemeralcontainers'),
  },
  resize: {
    'strategic patch': strategically({ spec: { containers: [{ name: 'c', resources: { limits: { cpu: '3m' } } }] } }, 'resize'),
  },
  approval: {
    'merge patch': merging({ status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Test', message: 'x' }] } }, 'approval'),
  },
  finalize: {
    update: async (client, { ref, object }, as) =>
      (await client.update(ref, { ...unversioned(object), spec: { finalizers: [] } }, { ...options(as), subresource: 'finalize' })).object,
  },
  token: {
    request: posting('token', () => ({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} })),
  },
};

// Controllers write the status of what is locked: then the object is read again, as any client does.
async function atLatest<T>(client: KubeClient, ref: ObjectRef, send: (object: KubeObject) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await send(await client.get(ref));
    } catch (error) {
      if (!isApiError(error, 409)) throw error;
    }
  }
}

function noted(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [NOTE]: 'theirs' } } };
}
