import type { ResourceKind } from '../../src/kube/object.ts';

export const ROLES: ResourceKind = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role', resource: 'roles', namespaced: true };
export const ROLE_BINDINGS: ResourceKind = { ...ROLES, kind: 'RoleBinding', resource: 'rolebindings' };
