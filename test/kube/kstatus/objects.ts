import type { KubeObject } from '../../../src/kube/object.ts';

/** An object of a kind as far as its status is decided: generation 2, seen by its controller, unless told otherwise. */
export function objectOf(
  apiVersion: string,
  kind: string,
  parts: { readonly spec?: unknown; readonly status?: Readonly<Record<string, unknown>>; readonly metadata?: KubeObject['metadata'] } = {},
): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: { name: 'one', namespace: 'shop', generation: 2, ...parts.metadata },
    ...(parts.spec === undefined ? {} : { spec: parts.spec }),
    ...(parts.status === undefined ? {} : { status: { observedGeneration: 2, ...parts.status } }),
  };
}

/** A condition as controllers write it. */
export function condition(type: string, status: string, reason = '', message = ''): Readonly<Record<string, string>> {
  return { type, status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' };
}
