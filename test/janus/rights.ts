import type { KubeClient } from '../../src/kube/client.ts';
import type { ResourceKind } from '../../src/kube/object.ts';
import { at, eventually } from './objects.ts';

export const ROLES: ResourceKind = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role', resource: 'roles', namespaced: true };
export const ROLE_BINDINGS: ResourceKind = { ...ROLES, kind: 'RoleBinding', resource: 'rolebindings' };

/** What a ServiceAccount may do in one namespace: verbs by resource of the core group. */
export type Rights = Readonly<Record<string, readonly string[]>>;

/** Gives a ServiceAccount rights in `namespace`, and waits until they count. */
export async function grant(
  admin: KubeClient,
  account: { readonly namespace: string; readonly name: string },
  namespace: string,
  rights: Rights,
): Promise<void> {
  const name = `${account.namespace}-${account.name}`;
  const rules = Object.entries(rights).map(([resource, verbs]) => ({ apiGroups: [''], resources: [resource], verbs }));
  await admin.create(at(ROLES, namespace, name), { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name }, rules });
  await admin.create(at(ROLE_BINDINGS, namespace, name), {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: account.name, namespace: account.namespace }],
  });
  for (const [resource, verbs] of Object.entries(rights))
    for (const verb of verbs) await eventually(`it may ${verb} ${resource}`, () => may(admin, account, namespace, verb, resource));
}

/** Takes back what `grant` gave, and waits until it is gone. */
export async function revoke(
  admin: KubeClient,
  account: { readonly namespace: string; readonly name: string },
  namespace: string,
  rights: Rights,
): Promise<void> {
  const name = `${account.namespace}-${account.name}`;
  await admin.delete(at(ROLE_BINDINGS, namespace, name));
  await admin.delete(at(ROLES, namespace, name));
  for (const [resource, verbs] of Object.entries(rights))
    for (const verb of verbs)
      await eventually(`it may not ${verb} ${resource}`, async () => !(await may(admin, account, namespace, verb, resource)));
}

async function may(
  admin: KubeClient,
  account: { readonly namespace: string; readonly name: string },
  namespace: string,
  verb: string,
  resource: string,
): Promise<boolean> {
  const spec = {
    user: `system:serviceaccount:${account.namespace}:${account.name}`,
    resourceAttributes: { namespace, verb, group: '', resource },
  };
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
  const answer = await admin.raw<{ readonly status?: { readonly allowed?: boolean } }>(
    'POST',
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    review,
  );
  return answer.status?.allowed === true;
}
