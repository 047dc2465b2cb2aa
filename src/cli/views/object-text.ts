import type { ResourceChange } from '../../api/resource-change.ts';
import type { ObjectNames } from '../follow/news.ts';

/** `ConfigMap shop/settings`. Without asking the cluster which kinds have namespaces: one that was given is shown. */
export function objectText({ metadata, spec: { target } }: ResourceChange): string {
  const namespace = target.namespace ?? metadata.namespace;
  return `${target.kind} ${namespace === undefined ? '' : `${namespace}/`}${target.name}`;
}

/** Objects by the name of their change. */
export function objectNames(changes: readonly ResourceChange[]): ObjectNames {
  return new Map(changes.map((change) => [change.metadata.name ?? '', objectText(change)]));
}
