import type { ResourceKind } from '../../kube/object.ts';

/** Kinds that others need, by when they have to be there: each line is made before the next one begins. Other kinds are workloads. */
const STAGES = [
  { what: 'namespaces', kinds: ['/Namespace'] },
  {
    what: 'definitions of kinds and classes',
    kinds: [
      'apiextensions.k8s.io/CustomResourceDefinition',
      'scheduling.k8s.io/PriorityClass',
      'storage.k8s.io/StorageClass',
      'networking.k8s.io/IngressClass',
      'gateway.networking.k8s.io/GatewayClass',
      'node.k8s.io/RuntimeClass',
    ],
  },
  {
    what: 'who may do what, and how much',
    kinds: [
      '/ServiceAccount',
      'rbac.authorization.k8s.io/ClusterRole',
      'rbac.authorization.k8s.io/ClusterRoleBinding',
      'rbac.authorization.k8s.io/Role',
      'rbac.authorization.k8s.io/RoleBinding',
      '/ResourceQuota',
      '/LimitRange',
      'networking.k8s.io/NetworkPolicy',
    ],
  },
  {
    what: 'configuration, storage and names',
    kinds: ['/ConfigMap', '/Secret', '/PersistentVolume', '/PersistentVolumeClaim', '/Service', 'policy/PodDisruptionBudget'],
  },
  { what: 'workloads, custom resources and everything else', kinds: [] },
  { what: 'what asks a workload about the writes of others', kinds: ['apiregistration.k8s.io/APIService'] },
] as const;

const DEFAULT_STAGE = STAGES.findIndex(({ kinds }) => kinds.length === 0);

const BY_KIND: ReadonlyMap<string, number> = new Map(STAGES.flatMap(({ kinds }, stage) => kinds.map((kind) => [kind, stage] as const)));

/** When objects of a kind are made, where nobody says otherwise: lower stages first. */
export function stageOf({ group, kind }: Pick<ResourceKind, 'group' | 'kind'>): number {
  return BY_KIND.get(`${group}/${kind}`) ?? DEFAULT_STAGE;
}
