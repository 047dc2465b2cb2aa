import type { KubeObject } from '../kube/object.ts';

/** An object as it can be created again, and what of it cannot come back, in words. */
export interface Recreatable {
  readonly object: KubeObject;
  readonly lost: readonly string[];
}

/** What binds a claim to its volume: each names the other by uid. */
const BINDING_ANNOTATIONS: readonly string[] = ['pv.kubernetes.io/bind-completed', 'pv.kubernetes.io/bound-by-controller'];

/**
 * A before-image without what is bound to the uid of the object that is gone. managedFields stay in it as the ownership
 * to be given back; the server does not read them from a create.
 */
export function recreatable(before: KubeObject): Recreatable {
  const { uid, resourceVersion, generation, creationTimestamp, ...metadata } = before.metadata;
  void [uid, resourceVersion, generation, creationTimestamp];
  const lost = ['metadata.uid (the object was made anew)'];
  const { status, ...rest } = before;
  if (status !== undefined && Object.keys(status as object).length > 0) lost.push('status (its controller writes it anew)');
  const object: KubeObject = { ...rest, apiVersion: before.apiVersion, kind: before.kind, metadata };
  const byKind = BY_KIND.get(`${groupOf(object)}/${object.kind}`);
  return byKind === undefined ? { object, lost } : byKind(object, lost);
}

type OfKind = (object: KubeObject, lost: readonly string[]) => Recreatable;

const BY_KIND: ReadonlyMap<string, OfKind> = new Map<string, OfKind>([
  ['batch/Job', withoutJobSelector],
  ['/PersistentVolumeClaim', withoutBinding],
  ['/Namespace', (object, lost) => ({ object, lost: [...lost, 'everything that was in it'] })],
  ['apiextensions.k8s.io/CustomResourceDefinition', (object, lost) => ({ object, lost: [...lost, 'every object of its kind'] })],
]);

function groupOf({ apiVersion }: KubeObject): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

/** A Job's selector and labels name the uid it had; the server makes new ones, and refuses the old. */
function withoutJobSelector(job: KubeObject, lost: readonly string[]): Recreatable {
  const spec = job['spec'] as JobSpec | undefined;
  if (spec === undefined || spec.manualSelector === true) return { object: job, lost };
  const { selector, ...rest } = spec;
  void selector;
  const template = withoutUidLabels(spec.template);
  const object = { ...job, metadata: withoutUidLabels({ metadata: job.metadata }).metadata, spec: { ...rest, template } };
  return { object, lost: [...lost, 'spec.selector and the labels that name its uid'] };
}

/**
 * A claim that says it is bound, to a volume that is bound to another uid, is given up as lost by its controller. Without the
 * claim's half of the binding it waits for that very volume, and binds once somebody has cleared the volume's half.
 */
function withoutBinding(claim: KubeObject, lost: readonly string[]): Recreatable {
  const { volumeName } = (claim['spec'] ?? {}) as { readonly volumeName?: string };
  if (volumeName === undefined || volumeName === '') return { object: claim, lost };
  const kept = Object.entries(claim.metadata.annotations ?? {}).filter(([key]) => !BINDING_ANNOTATIONS.includes(key));
  const { annotations: _annotations, ...metadata } = claim.metadata;
  const object = { ...claim, metadata: kept.length > 0 ? { ...metadata, annotations: Object.fromEntries(kept) } : metadata };
  const words = `its binding (it waits for volume ${volumeName}, whose spec.claimRef names the claim that was deleted: where the volume still exists, remove spec.claimRef.uid from it)`;
  return { object, lost: [...lost, words] };
}

interface Labelled {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
}

interface JobSpec {
  readonly manualSelector?: boolean;
  readonly selector?: unknown;
  readonly template?: Labelled;
}

function withoutUidLabels<T extends Labelled>(labelled: T | undefined): T {
  const labels = Object.entries(labelled?.metadata?.labels ?? {}).filter(
    ([key]) => key !== 'controller-uid' && key !== 'batch.kubernetes.io/controller-uid',
  );
  return { ...labelled, metadata: { ...labelled?.metadata, labels: Object.fromEntries(labels) } } as T;
}
