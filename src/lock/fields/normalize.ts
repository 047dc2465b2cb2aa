import type { KubeObject, ObjectRef } from '../../kube/object.ts';
import { apiVersionOf, describeRef } from '../../kube/object.ts';
import { LOCK_LABEL } from '../label.ts';
import type { ChangeType } from '../record.ts';
import { FieldsError } from './depth.ts';
import { nullPaths } from './null-paths.ts';
import { dataOfSecret } from './secret-data.ts';
import { isList, isMap, own, type JsonMap } from './value.ts';

/** One thing that is wrong with a change's content. */
export interface ContentFault {
  /** Path within the content, for example `metadata.uid`; `content` for all of it. */
  readonly field: string;
  readonly message: string;
}

export interface NormalizedContent {
  /** What to send. Only to be used if there are no faults. */
  readonly content: KubeObject;
  readonly faults: readonly ContentFault[];
  /** Sentences for people; nothing here keeps the change from being carried out. */
  readonly warnings: readonly string[];
}

const REFUSED: Readonly<Record<string, string>> = {
  managedFields: 'who owns which field is kept by the server; leave it out',
  resourceVersion: 'Janus keeps the object from changing by its lock; leave it out',
  uid: 'the object is found by its name; leave it out',
  generateName: 'Janus must know the name beforehand to lock it; give the change a target name instead',
};
const DROPPED = ['creationTimestamp', 'deletionGracePeriodSeconds', 'deletionTimestamp', 'generation', 'selfLink'];

/**
 * What a change's content becomes before it is used: it gets the apiVersion, kind, name and namespace of its target; a Secret's
 * `stringData` goes into `data`, since no stored object has it; nulls are warned of, because they do not remove fields. Content that
 * names another object, that carries what would defeat the lock, or that a server would ignore (`status`, what only servers write in
 * metadata) is a fault. The content itself is not changed. Never throws: too deep a nesting is a fault too.
 */
export function normalizeContent(ref: ObjectRef, type: ChangeType, content: unknown): NormalizedContent {
  const named = targetOf(ref);
  const bare: KubeObject = { apiVersion: named.apiVersion, kind: named.kind, metadata: named.metadata };
  if (!isMap(content)) return { content: bare, faults: [{ field: 'content', message: 'must be an object' }], warnings: [] };
  const metadata = own(content, 'metadata') ?? {};
  if (!isMap(metadata)) return { content: bare, faults: [{ field: 'metadata', message: 'must be an object' }], warnings: [] };
  try {
    const { status, ...rest } = content;
    const faults = [...identityFaults(ref, named, content, metadata), ...metadataFaults(metadata), ...ignoredFaults(status, metadata)];
    const secret = ref.kind.group === '' && ref.kind.kind === 'Secret' ? dataOfSecret(rest) : { content: rest, faults: [] };
    const keptMetadata = Object.fromEntries(
      Object.entries(metadata).filter(([name]) => !DROPPED.includes(name) && !Object.hasOwn(REFUSED, name)),
    );
    return {
      content: { ...secret.content, ...bare, metadata: { ...keptMetadata, ...named.metadata } },
      faults: [...faults, ...secret.faults],
      warnings: nullPaths({ ...rest, metadata: keptMetadata }).map((path) => nullWarning(path, type)),
    };
  } catch (error) {
    if (!(error instanceof FieldsError)) throw error;
    return { content: bare, faults: [{ field: 'content', message: error.message }], warnings: [] };
  }
}

interface Named {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

function targetOf({ kind, name, namespace }: ObjectRef): Named {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

function identityFaults(ref: ObjectRef, named: Named, content: JsonMap, metadata: JsonMap): readonly ContentFault[] {
  const pairs = [
    ['apiVersion', own(content, 'apiVersion'), named.apiVersion],
    ['kind', own(content, 'kind'), named.kind],
    ['metadata.name', own(metadata, 'name'), named.metadata.name],
    ['metadata.namespace', own(metadata, 'namespace'), named.metadata.namespace ?? ''],
  ] as const;
  return pairs
    .filter(([, given, wanted]) => !isUnset(given) && given !== wanted)
    .map(([field, given, wanted]) => ({
      field,
      message: `is ${JSON.stringify(given)}, but the change's target is ${describeRef(ref)}${wanted === '' ? ', which has no namespace' : ` (${wanted})`}; make them agree or leave it out`,
    }));
}

function metadataFaults(metadata: JsonMap): readonly ContentFault[] {
  const refused = Object.entries(REFUSED).filter(([name]) => !isUnset(own(metadata, name)));
  const faults = refused.map(([name, message]) => ({ field: `metadata.${name}`, message }));
  const labels = own(metadata, 'labels');
  if (!isMap(labels) || !Object.hasOwn(labels, LOCK_LABEL)) return faults;
  return [
    ...faults,
    { field: `metadata.labels[${JSON.stringify(LOCK_LABEL)}]`, message: 'is set and removed by Janus alone; remove it from the content' },
  ];
}

// A server would take none of this and say nothing. An empty one is what generators of YAML write without meaning anything by it.
function ignoredFaults(status: unknown, metadata: JsonMap): readonly ContentFault[] {
  const dropped = DROPPED.filter((name) => !isUnset(own(metadata, name))).map((name) => `metadata.${name}`);
  return [...(isUnset(status) ? [] : ['status']), ...dropped].map((field) => ({
    field,
    message: 'is written by the server and its controllers, which ignore what a change says there; leave it out',
  }));
}

function isUnset(value: unknown): boolean {
  if (isList(value)) return value.length === 0;
  return value === undefined || value === null || value === '' || (isMap(value) && Object.keys(value).length === 0);
}

function nullWarning(path: string, type: ChangeType): string {
  const advice = type === 'Patch' ? 'to remove a field, use a change of type Update' : 'leave the field out';
  return `${path} is null, which does not remove the field: the server stores an empty value or refuses it; ${advice}`;
}
