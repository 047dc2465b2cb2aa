import type { KubeClient } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../src/kube/object.ts';
import { eventually } from './objects.ts';

const VALIDATING: ResourceKind = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
};

/** The configuration that makes API servers ask about locks. */
export const LOCKS: ObjectRef = { kind: VALIDATING, name: 'janus' };
/** The one that makes them have our own resources stamped. */
export const STAMPS: ObjectRef = {
  kind: { ...VALIDATING, kind: 'MutatingWebhookConfiguration', resource: 'mutatingwebhookconfigurations' },
  name: 'janus',
};

const ROLE: ObjectRef = {
  kind: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', resource: 'clusterroles', namespaced: false },
  name: 'janus',
};

interface Rule {
  readonly apiGroups: readonly string[];
}

/** Takes Janus the right to its webhook configurations away, and waits until that counts. Returns what gives it back. */
export async function disarm(admin: KubeClient): Promise<() => Promise<void>> {
  const role = await admin.get(ROLE);
  const { rules } = role as KubeObject & { rules: readonly Rule[] };
  const rest = rules.filter(({ apiGroups }) => !apiGroups.includes(VALIDATING.group));
  await admin.patch(ROLE, { type: 'merge', patch: { rules: rest } });
  await eventually('Janus may not restore', async () => !(await mayRestore(admin)));
  return async () => {
    await admin.patch(ROLE, { type: 'merge', patch: { rules } });
    await eventually('Janus may restore', () => mayRestore(admin));
  };
}

async function mayRestore(admin: KubeClient): Promise<boolean> {
  const attributes = { verb: 'create', group: VALIDATING.group, resource: VALIDATING.resource };
  const spec = { user: 'system:serviceaccount:janus-system:janus', resourceAttributes: attributes };
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  return (await admin.raw<{ readonly status: { readonly allowed: boolean } }>('POST', path, review)).status.allowed;
}

/** Deletes the configuration and waits until the API server asks nobody any more about a write to a locked object. */
export async function removeLocks(admin: KubeClient, locked: ObjectRef): Promise<void> {
  await admin.delete(LOCKS);
  await eventually('nobody is asked about locks', async () => !(await isRefused(admin, locked)));
}

/** Whether a stranger's write to an object is refused for its lock: asked by a dry run. */
export async function isRefused(admin: KubeClient, ref: ObjectRef): Promise<boolean> {
  try {
    await admin.patch(ref, { type: 'merge', patch: { data: { stranger: 'was here' } } }, { dryRun: true });
    return false;
  } catch (error) {
    if (isApiError(error, 423)) return true;
    throw error;
  }
}
