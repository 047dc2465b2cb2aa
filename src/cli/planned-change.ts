import { apiVersionOf } from '../kube/object.ts';
import type { ResourceKind } from '../kube/object.ts';
import { Fault } from './fault.ts';
import { answersTo, requireKind, unknownKind } from './kind.ts';
import type { Manifest } from './manifest.ts';
import type { Target } from './target.ts';

export const CHANGE_TYPES = ['Create', 'Update', 'Patch', 'Delete'] as const;
export type ChangeType = (typeof CHANGE_TYPES)[number];

/** What one change is to do, before it has a name. */
export interface PlannedChange {
  readonly type: ChangeType;
  readonly kind: ResourceKind;
  readonly name: string;
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly content?: Readonly<Record<string, unknown>>;
  /** Where it was read from, for messages. */
  readonly manifest?: Manifest;
}

/** What `add` was asked for, apart from the content. */
export interface ChangeRequest {
  readonly type: ChangeType;
  /** Absent: each manifest names its own. */
  readonly target?: Target;
  /** `--target-ns` as typed. */
  readonly targetNamespace?: string;
  /** The Transaction's. */
  readonly namespace: string;
}

/**
 * What a request without content asks for.
 *
 * @throws Fault where content is needed, or it is not said which object is meant.
 */
export function planWithoutContent(request: ChangeRequest, kinds: readonly ResourceKind[]): PlannedChange {
  const { target, type } = request;
  if (type !== 'Delete') throw new Fault(`A change of type ${type} needs content: give it with -f FILE, or with -f - from stdin.`);
  if (target === undefined)
    throw new Fault('It is not said which object to delete: give --target Kind/Name, or -f FILE with what to delete.');
  const kind = requireKind(target.kind, kinds);
  return planned(request, kind, target.name, namespaceWithoutContent(request, kind));
}

/**
 * What a request and one manifest ask for together.
 *
 * @throws Fault where they contradict each other, or neither says which object is meant.
 */
export function planWithContent(request: ChangeRequest, manifest: Manifest, kinds: readonly ResourceKind[]): PlannedChange {
  const { target, type } = request;
  if (type === 'Delete' && target !== undefined) {
    throw new Fault('A Delete takes no content: leave out -f, or leave out --target to delete what the file describes.');
  }
  const kind = target === undefined ? kindOfManifest(manifest, kinds) : kindOfBoth(target, manifest, kinds);
  const name = target === undefined ? nameOfManifest(manifest) : nameOfBoth(target, manifest);
  const plan = planned(request, kind, name, namespaceWithContent(request, kind, manifest));
  return type === 'Delete' ? { ...plan, manifest } : { ...plan, manifest, content: manifest.fields };
}

function planned(request: ChangeRequest, kind: ResourceKind, name: string, namespace: string | undefined): PlannedChange {
  return { type: request.type, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

function kindOfManifest(manifest: Manifest, kinds: readonly ResourceKind[]): ResourceKind {
  const { apiVersion, kind } = manifest;
  if (apiVersion === undefined || kind === undefined) throw unidentified(manifest);
  const namesakes = kinds.filter((one) => one.kind === kind);
  const found = namesakes.find((one) => apiVersionOf(one) === apiVersion);
  if (found !== undefined) return found;
  if (namesakes.length === 0) throw manifest.fault(['kind'], unknownKind(kind, kinds).message);
  throw manifest.fault(
    ['apiVersion'],
    `this cluster serves ${kind} as ${namesakes.map(apiVersionOf).join(', ')}, not as ${apiVersion}: correct the apiVersion.`,
  );
}

// A target that names no group or version leaves that choice to the manifest.
function kindOfBoth(target: Target, manifest: Manifest, kinds: readonly ResourceKind[]): ResourceKind {
  const meant = requireKind(target.kind, kinds);
  const { apiVersion, kind = meant.kind } = manifest;
  if (apiVersion === undefined && kind === meant.kind) return meant;
  const both = kinds.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion && answersTo(one, target.kind));
  if (both !== undefined) return both;
  throw manifest.fault(
    [manifest.kind === undefined ? 'apiVersion' : 'kind'],
    `the content is a ${apiVersion === undefined ? '' : `${apiVersion} `}${kind}, but --target names a ${apiVersionOf(meant)} ${meant.kind}: correct one of them.`,
  );
}

function nameOfManifest(manifest: Manifest): string {
  if (manifest.name === undefined) throw unidentified(manifest);
  return manifest.name;
}

function nameOfBoth(target: Target, manifest: Manifest): string {
  if (manifest.name === undefined || manifest.name === target.name) return target.name;
  throw manifest.fault(
    ['metadata', 'name'],
    `the content is named "${manifest.name}", but --target names "${target.name}": correct one of them.`,
  );
}

function namespaceWithoutContent(request: ChangeRequest, kind: ResourceKind): string | undefined {
  if (kind.namespaced) return request.targetNamespace ?? request.namespace;
  if (request.targetNamespace === undefined) return undefined;
  throw new Fault(`A ${kind.kind} belongs to no namespace: leave out --target-ns.`);
}

function namespaceWithContent(request: ChangeRequest, kind: ResourceKind, manifest: Manifest): string | undefined {
  const written = manifest.namespace;
  const asked = request.targetNamespace;
  const meant = namespaceWithoutContent(request, kind);
  if (written === undefined || written === meant) return meant;
  if (meant === undefined)
    throw manifest.fault(['metadata', 'namespace'], `a ${kind.kind} belongs to no namespace: leave out metadata.namespace.`);
  if (asked === undefined && request.target === undefined) return written;
  const flag =
    asked === undefined
      ? `the target is in ${meant}, as the Transaction is: add --target-ns ${written}, or correct the file.`
      : `--target-ns says ${meant}: correct one of them.`;
  throw manifest.fault(['metadata', 'namespace'], `the content is in namespace ${written}, but ${flag}`);
}

function unidentified(manifest: Manifest): Fault {
  return manifest.fault(
    [],
    'without --target, the content needs apiVersion, kind and metadata.name: add them, or give --target Kind/Name.',
  );
}
