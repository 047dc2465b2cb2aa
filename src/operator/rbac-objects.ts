import type { KubeObject, ObjectRef, ResourceKind } from '../kube/object.ts';
import { NAMESPACES, SERVICE_ACCOUNTS } from '../kube/well-known.ts';
import { OPERATOR_DEFAULTS, type OperatorOptions } from './options.ts';
import { OWN_NAME, rulesFor, type RbacRule } from './rbac.ts';

/** One object to install, and where. */
export interface Installed {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
}

const RBAC = 'rbac.authorization.k8s.io';
const LABELS = { 'app.kubernetes.io/name': 'janus' };

/** The namespace, the ServiceAccount and its rights: what every installation of Janus has. */
export function rbacObjects(
  systemNamespace: string,
  options: Pick<OperatorOptions, 'metricsAuth'> = OPERATOR_DEFAULTS,
): readonly Installed[] {
  const rules = rulesFor(options);
  const subjects = [{ kind: 'ServiceAccount', name: OWN_NAME, namespace: systemNamespace }];
  const metadata = { name: OWN_NAME, labels: LABELS };
  const local = { ...metadata, namespace: systemNamespace };
  return [
    installed(NAMESPACES, { name: systemNamespace, labels: { ...LABELS, 'pod-security.kubernetes.io/enforce': 'restricted' } }, {}),
    installed(SERVICE_ACCOUNTS, local, {}),
    installed(rbac('ClusterRole', 'clusterroles', false), metadata, { rules: rules.cluster.map(ruleOf) }),
    installed(rbac('ClusterRoleBinding', 'clusterrolebindings', false), metadata, {
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: OWN_NAME },
      subjects,
    }),
    installed(rbac('Role', 'roles', true), local, { rules: rules.namespace.map(ruleOf) }),
    installed(rbac('RoleBinding', 'rolebindings', true), local, { roleRef: { apiGroup: RBAC, kind: 'Role', name: OWN_NAME }, subjects }),
  ];
}

function installed(kind: ResourceKind, metadata: KubeObject['metadata'], rest: Readonly<Record<string, unknown>>): Installed {
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  const ref = { kind, name: metadata.name ?? '', ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }) };
  return { ref, object: { apiVersion, kind: kind.kind, metadata, ...rest } };
}

function rbac(kind: string, resource: string, namespaced: boolean): ResourceKind {
  return { group: RBAC, version: 'v1', kind, resource, namespaced };
}

function ruleOf({ why: _why, limitable: _limitable, rarely: _rarely, ...rule }: RbacRule): Omit<RbacRule, 'why' | 'limitable' | 'rarely'> {
  return rule;
}
