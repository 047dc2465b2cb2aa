import type { KubeObject } from '../../kube/object.ts';
import type { Review } from '../review.ts';

/**
 * How a write begins or completes the removal of a Namespace, in words that begin a refusal; undefined if it does neither.
 * `spec.finalizers` keeps a Namespace until its content is gone, each object of it by a delete that admission is asked about:
 * without that finalizer the content is left behind where nobody reaches it. A Namespace that is being deleted goes with its
 * last finalizer of either kind, whichever subresource the write takes.
 */
export function removalOfNamespace(review: Review): string | undefined {
  if (review.operation === 'DELETE') return "can't be deleted";
  if (review.operation !== 'UPDATE') return undefined;
  const { object, oldObject } = review;
  const kept = specFinalizers(object);
  if (specFinalizers(oldObject).some((finalizer) => !kept.includes(finalizer))) return "can't lose a finalizer of its spec";
  const terminating = (oldObject.metadata.deletionTimestamp ?? '') !== '';
  return terminating && kept.length === 0 && (object.metadata.finalizers ?? []).length === 0 ? "can't lose its last finalizer" : undefined;
}

function specFinalizers(namespace: KubeObject): readonly unknown[] {
  const spec = namespace['spec'] as { readonly finalizers?: unknown } | null | undefined;
  return Array.isArray(spec?.finalizers) ? (spec.finalizers as readonly unknown[]) : [];
}
