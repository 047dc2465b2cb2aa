import type { ResourceKind } from '../../src/kube/object.ts';

/** Some kinds of a cluster, in the order in which an API server lists them. */
export const CONFIG_MAP: ResourceKind = kind('', 'v1', 'ConfigMap', 'configmaps', true, ['cm']);
export const NAMESPACE: ResourceKind = kind('', 'v1', 'Namespace', 'namespaces', false, ['ns']);
export const CORE_EVENT: ResourceKind = kind('', 'v1', 'Event', 'events', true, ['ev']);
export const SERVICE: ResourceKind = kind('', 'v1', 'Service', 'services', true, ['svc']);
export const EVENT: ResourceKind = kind('events.k8s.io', 'v1', 'Event', 'events', true, ['ev']);
export const DEPLOYMENT: ResourceKind = kind('apps', 'v1', 'Deployment', 'deployments', true, ['deploy']);
export const HPA: ResourceKind = kind('autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', true, ['hpa']);
export const OLD_HPA: ResourceKind = kind('autoscaling', 'v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', true, ['hpa']);
export const KNATIVE_SERVICE: ResourceKind = kind('serving.knative.dev', 'v1', 'Service', 'services', true, ['ksvc']);
export const CLUSTER_ROLE: ResourceKind = kind('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', false);

export const KINDS: readonly ResourceKind[] = [
  CONFIG_MAP,
  NAMESPACE,
  CORE_EVENT,
  SERVICE,
  EVENT,
  DEPLOYMENT,
  HPA,
  OLD_HPA,
  KNATIVE_SERVICE,
  CLUSTER_ROLE,
];

function kind(
  group: string,
  version: string,
  name: string,
  resource: string,
  namespaced: boolean,
  shortNames: string[] = [],
): ResourceKind {
  return { group, version, kind: name, resource, namespaced, singular: name.toLowerCase(), shortNames };
}
