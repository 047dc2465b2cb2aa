import { validateResourceChange } from '../../api/resource-change-validation.ts';
import { API_VERSION, DEPENDS_ON_ANNOTATION, ORDER_ANNOTATION } from '../../api/group.ts';
import type { Transaction } from '../../api/transaction.ts';
import { describeRef } from '../../kube/object.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../kube/object.ts';
import { normalizeContent } from '../../lock/fields/normalize.ts';
import { objectKey } from '../../transaction/plan.ts';
import { promisedKinds } from '../../transaction/resolve.ts';
import { changeObject } from '../change-object.ts';
import { readDocuments } from '../documents.ts';
import { Fault } from '../fault.ts';
import { gather } from '../faults.ts';
import { manifestsOf } from '../manifest.ts';
import type { Manifest } from '../manifest.ts';
import { planWithContent } from '../planned-change.ts';
import type { Source } from './source.ts';

/** One object as the files want it. */
export interface Wanted {
  readonly ref: ObjectRef;
  readonly manifest: Manifest;
  /** As the executor will send it. */
  readonly content: KubeObject;
  /** `tx.janus.io/order`; absent where it does not say. */
  readonly order?: number;
  /** `tx.janus.io/depends-on`, as written. */
  readonly dependsOn: readonly string[];
  /** The object becomes this and nothing else; otherwise these fields are set. */
  readonly replaces?: true;
  /** What is odd and keeps nothing from being done. */
  readonly warnings: readonly string[];
}

/**
 * Every object that the sources describe.
 *
 * @param kinds what the cluster serves; kinds that definitions in the sources are going to define count too.
 * @param namespace where objects are that do not say.
 * @throws Fault with a line for everything that is wrong, at its place.
 */
export function wantedObjects(sources: readonly Source[], kinds: readonly ResourceKind[], namespace: string): readonly Wanted[] {
  const manifests = gather(sources, ({ name, text }) => gather(readDocuments(text, name), manifestsOf).flat()).flat();
  if (manifests.length === 0) throw new Fault(`There is no object in ${sources.map(({ name }) => name).join(', ')}.`);
  const known = [...kinds, ...definedBy(manifests, kinds)];
  const wanted = gather(manifests, (manifest) => wantedObject(manifest, known, namespace));
  refuseDuplicates(wanted);
  return wanted;
}

/** Kinds that are not served yet. */
function definedBy(manifests: readonly Manifest[], kinds: readonly ResourceKind[]): readonly ResourceKind[] {
  const changes = manifests.map(({ apiVersion = '', fields, kind = '', name = '' }) => ({
    spec: { type: 'Create' as const, target: { apiVersion, kind, name }, content: { ...fields }, order: 0 },
  }));
  const served = new Set(kinds.map(({ group, kind }) => `${group}/${kind}`));
  return [...promisedKinds(changes).values()].filter(({ group, kind }) => !served.has(`${group}/${kind}`));
}

function wantedObject(manifest: Manifest, kinds: readonly ResourceKind[], home: string): Wanted {
  requireIdentity(manifest);
  const { kind, name, namespace } = planWithContent({ type: 'Patch', namespace: home }, manifest, kinds);
  const ref = { kind, name, ...(namespace === undefined ? {} : { namespace }) };
  const { content, faults, warnings } = normalizeContent(ref, 'Patch', manifest.fields);
  const change = changeObject(DRAFT(home), 'change', { type: 'Patch', ...ref, content: manifest.fields }, 0);
  const found = [
    ...validateResourceChange(change, undefined, DRAFT(home)).map(({ field, message }) => ({
      field: field.replace(/^spec\.(content\.?)?/, ''),
      message,
    })),
    ...faults,
  ];
  // Both judge what only a server may write, each in its words.
  const first = found.filter(({ field }, index) => found.findIndex((one) => one.field === field) === index);
  gather(first, ({ field, message }) => {
    throw manifest.fault(field.split('.'), `${field} ${message}.`);
  });
  const annotations = content.metadata.annotations ?? {};
  const order = orderOf(manifest, annotations[ORDER_ANNOTATION]);
  return {
    ref,
    manifest,
    content,
    ...(order === undefined ? {} : { order }),
    dependsOn: listed(annotations[DEPENDS_ON_ANNOTATION]),
    warnings,
  };
}

/** Changes are judged as parts of a Transaction, which is not there yet. */
const DRAFT = (namespace: string): Transaction => ({
  apiVersion: API_VERSION,
  kind: 'Transaction',
  metadata: { name: 'draft', namespace, uid: '00000000-0000-4000-8000-000000000000' },
});

function requireIdentity(manifest: Manifest): void {
  const { apiVersion, kind, name } = manifest;
  const missing = [
    ...(apiVersion === undefined ? ['apiVersion'] : []),
    ...(kind === undefined ? ['kind'] : []),
    ...(name === undefined ? ['metadata.name'] : []),
  ];
  if (missing.length > 0) throw manifest.fault([], `this is no whole object: it has no ${missing.join(' and no ')}.`);
}

function orderOf(manifest: Manifest, text: unknown): number | undefined {
  if (text === undefined) return undefined;
  const order = Number(text);
  if (typeof text === 'string' && /^[-+]?\d+$/.test(text) && Math.abs(order) < 2 ** 31) return order;
  throw manifest.fault(
    ['metadata', 'annotations', ORDER_ANNOTATION],
    `${ORDER_ANNOTATION} must be a whole number in quotes, for example "-1", and ${JSON.stringify(text)} is not.`,
  );
}

function listed(text: unknown): readonly string[] {
  return typeof text === 'string'
    ? text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')
    : [];
}

function refuseDuplicates(wanted: readonly Wanted[]): void {
  const first = new Map<string, Wanted>();
  gather(wanted, (one) => {
    const { kind, name, namespace } = one.ref;
    const key = objectKey(kind, namespace, name);
    const other = first.get(key);
    if (other === undefined) return void first.set(key, one);
    throw one.manifest.fault([], `${describeRef(one.ref)} is described here and in ${other.manifest.place()} too: leave one of them out.`);
  });
}
